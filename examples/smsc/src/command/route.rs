//! Routes, through the REST API.

use serde_json::{Value, json};

use super::{Outcome, Shell, field, pretty, read, simulation};
use crate::args::Routes;

impl Shell {
    pub(super) async fn routes(&self, routes: Routes) -> Outcome {
        match routes {
            Routes::List => Ok(self.table(self.get("/api/routes").await?, &COLUMNS)),
            Routes::Export => Ok(pretty(&self.get("/api/routes/export").await?)),
            Routes::Import { file, replace } => {
                let document: Value = serde_json::from_str(&read(&file)?)?;
                let routes = document.get("routes").unwrap_or(&document);
                let mode = if replace { "replace" } else { "merge" };
                let body = json!({ "mode": mode, "routes": routes });
                Ok(self.tree(self.call("POST", &format!("/api/routes/import?mode={mode}"), Some(body)).await?))
            }
            Routes::Simulate { calling, called, source_smsc, source_type, all } => {
                let question =
                    json!({ "calling": calling, "called": called, "source_smsc": source_smsc, "source_type": source_type });
                let simulation = self.call("POST", "/api/routes/simulate", Some(question)).await?;
                Ok(if self.json || all { self.tree(simulation) } else { simulation::brief(&simulation) })
            }
            Routes::Add { route } => {
                let added = self.call("POST", "/api/routes", Some(serde_json::from_str(&route)?)).await?;
                Ok(if self.json { pretty(&added) } else { format!("route {} is in force\n", field(&added, "id")) })
            }
            Routes::Enable { id } => self.enable(id, true).await,
            Routes::Disable { id } => self.enable(id, false).await,
            Routes::Delete { id } => {
                self.done("DELETE", &format!("/api/routes/{id}"), None, &format!("route {id} is gone")).await
            }
        }
    }

    async fn enable(&self, id: u64, enabled: bool) -> Outcome {
        let said = format!("route {id} is {}", if enabled { "enabled" } else { "disabled" });
        self.done("PATCH", &format!("/api/routes/{id}"), Some(json!({ "enabled": enabled })), &said).await
    }
}

const COLUMNS: [&str; 9] =
    ["id", "enabled", "priority", "weight", "calling_prefix", "called_prefix", "source_smsc", "dest_smsc", "description"];
