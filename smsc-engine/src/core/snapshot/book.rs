//! Everything in a table by its number.

use std::collections::BTreeMap;
use std::sync::Arc;

/// Pages of entries; a copy shares all pages but those that were changed since.
#[derive(Debug)]
pub(in crate::core) struct Book<T> {
    pages: BTreeMap<u64, Page<T>>,
    len: usize,
}

/// Entries in rising order of their numbers.
type Page<T> = Arc<Vec<Arc<T>>>;

/// What has a number of its own.
pub(in crate::core) trait Numbered {
    fn id(&self) -> u64;
}

impl<T: Numbered> Book<T> {
    pub(in crate::core) fn get(&self, id: u64) -> Option<&Arc<T>> {
        let page = self.pages.get(&page(id))?;
        page.get(place(page, id).ok()?)
    }

    pub(in crate::core) fn put(&mut self, entry: Arc<T>) {
        let id = entry.id();
        let page = Arc::make_mut(self.pages.entry(page(id)).or_default());
        match place(page, id) {
            Ok(at) => page.iter_mut().skip(at).take(1).for_each(|old| *old = Arc::clone(&entry)),
            Err(at) => {
                page.insert(at, entry);
                self.len += 1;
            }
        }
    }

    pub(in crate::core) fn remove(&mut self, id: u64) {
        let number = page(id);
        let Some(page) = self.pages.get_mut(&number) else { return };
        let Ok(at) = place(page, id) else { return };
        Arc::make_mut(page).remove(at);
        self.len -= 1;
        if page.is_empty() {
            self.pages.remove(&number);
        }
    }

    pub(in crate::core) const fn len(&self) -> usize {
        self.len
    }

    /// The entries with greater numbers than `id`, in order.
    pub(in crate::core) fn after(&self, id: u64) -> impl Iterator<Item = &Arc<T>> {
        let pages = self.pages.range(page(id)..).flat_map(|(_, page)| page.iter());
        pages.skip_while(move |entry| entry.id() <= id)
    }
}

impl<T> Clone for Book<T> {
    fn clone(&self) -> Self {
        Book { pages: self.pages.clone(), len: self.len }
    }
}

impl<T> Default for Book<T> {
    fn default() -> Self {
        Book { pages: BTreeMap::new(), len: 0 }
    }
}

fn place<T: Numbered>(page: &[Arc<T>], id: u64) -> Result<usize, usize> {
    page.binary_search_by_key(&id, |entry| entry.id())
}

const fn page(id: u64) -> u64 {
    id / PAGE
}

// A change copies one page and the list of pages; this keeps both short for a million entries.
const PAGE: u64 = 512;
