-- Whose word a story's star is: 0 a person's, or nobody has said anything; 1 a rule's; 2 a person took it away.
ALTER TABLE items ADD COLUMN star_of INTEGER NOT NULL DEFAULT 0;
