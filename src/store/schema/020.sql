-- Stories that several tell, some of a hundred, the most covered first; and the latest seen. What they hold is all that is asked.
CREATE INDEX stories_covered ON stories(n_sources, sort_at, id) WHERE redirect_to IS NULL AND n_sources > 1;
CREATE INDEX stories_covered_seen ON stories(first_seen, n_sources, sort_at, id) WHERE redirect_to IS NULL AND n_sources > 1;
