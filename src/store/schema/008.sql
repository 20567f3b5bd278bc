-- How a feed names its entries: ids and links that its own documents have disproved. JSON of the feed room.
ALTER TABLE feeds ADD COLUMN habit TEXT NOT NULL DEFAULT '{}';
