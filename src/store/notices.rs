//! Questions about notices: what waits for whom, what is on its way, what does not arrive.

use super::read::Reader;
use crate::model::Timestamp;
use crate::records::Delivery;

impl Reader {
    /// Who has notices waiting, and since when the oldest does.
    pub fn waiting_notices(&self) -> rusqlite::Result<Vec<(String, Timestamp)>> {
        let mut all =
            self.connection.prepare_cached("SELECT notifier, min(made) FROM notices WHERE delivery IS NULL GROUP BY notifier")?;
        all.query_map([], |row| Ok((row.get(0)?, Timestamp(row.get(1)?))))?.collect()
    }

    /// Deliveries whose turn it is at `now`: of each receiver the oldest, so that nothing overtakes.
    pub fn due_deliveries(&self, now: Timestamp) -> rusqlite::Result<Vec<Delivery>> {
        let mut all = self.connection.prepare_cached(
            "SELECT id, notifier, token, n_tries, made FROM deliveries d WHERE next_try <= ?
               AND id = (SELECT min(id) FROM deliveries o WHERE o.notifier = d.notifier) ORDER BY id",
        )?;
        let mut due = all
            .query_map([now.0], |row| {
                Ok(Delivery {
                    id: row.get(0)?,
                    notifier: row.get(1)?,
                    token: row.get(2)?,
                    n_tries: row.get(3)?,
                    made: Timestamp(row.get(4)?),
                    notices: Vec::new(),
                })
            })?
            .collect::<rusqlite::Result<Vec<_>>>()?;
        let mut notices =
            self.connection.prepare_cached("SELECT said FROM notices WHERE delivery = ? AND sent IS NULL ORDER BY id")?;
        for delivery in &mut due {
            let said = notices.query_map([delivery.id], |row| row.get::<_, String>(0))?.collect::<rusqlite::Result<Vec<_>>>()?;
            delivery.notices = said.iter().filter_map(|said| serde_json::from_str(said).ok()).collect();
        }
        Ok(due)
    }

    /// When the next delivery is to be tried whose turn it is not at `now`; those that are due are somebody's already.
    pub fn next_delivery(&self, now: Timestamp) -> rusqlite::Result<Option<Timestamp>> {
        let next: Option<i64> = self
            .connection
            .prepare_cached(
                "SELECT min(next_try) FROM deliveries d WHERE next_try > ?
                   AND id = (SELECT min(id) FROM deliveries o WHERE o.notifier = d.notifier)",
            )?
            .query_row([now.0], |row| row.get(0))?;
        Ok(next.map(Timestamp))
    }

    /// Deliveries that failed so far: to whom, how often, why.
    pub fn failing_deliveries(&self) -> rusqlite::Result<Vec<(String, u32, String)>> {
        let mut all = self
            .connection
            .prepare_cached("SELECT notifier, n_tries, error FROM deliveries WHERE error IS NOT NULL ORDER BY id")?;
        all.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?.collect()
    }
}
