//! All routes by their numbers, as a snapshot that is cheap to copy.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::entry::Entry;

/// Pages of routes; a copy shares all pages but those that were changed since.
#[derive(Clone, Debug, Default)]
pub(super) struct Book {
    pages: BTreeMap<u64, Arc<Vec<Arc<Entry>>>>,
    len: usize,
}

impl Book {
    pub(super) fn get(&self, id: u64) -> Option<&Arc<Entry>> {
        let page = self.pages.get(&page(id))?;
        page.get(place(page, id).ok()?)
    }

    pub(super) fn put(&mut self, entry: Arc<Entry>) {
        let id = entry.route.id;
        let page = Arc::make_mut(self.pages.entry(page(id)).or_default());
        match place(page, id) {
            Ok(at) => page.iter_mut().skip(at).take(1).for_each(|old| *old = Arc::clone(&entry)),
            Err(at) => {
                page.insert(at, entry);
                self.len += 1;
            }
        }
    }

    pub(super) fn remove(&mut self, id: u64) {
        let number = page(id);
        let Some(page) = self.pages.get_mut(&number) else { return };
        let Ok(at) = place(page, id) else { return };
        Arc::make_mut(page).remove(at);
        self.len -= 1;
        if page.is_empty() {
            self.pages.remove(&number);
        }
    }

    pub(super) const fn len(&self) -> usize {
        self.len
    }

    /// The routes with greater numbers than `id`, in order.
    pub(super) fn after(&self, id: u64) -> impl Iterator<Item = &Arc<Entry>> {
        let pages = self.pages.range(page(id)..).flat_map(|(_, page)| page.iter());
        pages.skip_while(move |entry| entry.route.id <= id)
    }
}

fn place(page: &[Arc<Entry>], id: u64) -> Result<usize, usize> {
    page.binary_search_by_key(&id, |entry| entry.route.id)
}

const fn page(id: u64) -> u64 {
    id / PAGE
}

// A change copies one page and the list of pages; this keeps both short for a million routes.
const PAGE: u64 = 512;
