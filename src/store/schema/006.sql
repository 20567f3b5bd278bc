-- With a feed whatever else of its host is due is polled, where nothing keeps requests to one host apart.
CREATE INDEX feeds_host ON feeds(host) WHERE subscribed = 1 AND paused = 0;
