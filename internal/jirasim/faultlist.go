package jirasim

import "slices"

// faultList lists all faults with what they do.
func faultList() []*fault {
	return slices.Concat(pagingFaults(), contentFaults(), siteFaults(), limitFaults(), outageFaults(), accessFaults(), bodyFaults())
}

// pagingFaults are those of searches and of other answers in pages.
func pagingFaults() []*fault {
	return []*fault{
		{name: "token-null", flavour: Cloud, about: "the last page's nextPageToken is null instead of absent"},
		{name: "token-empty", flavour: Cloud, about: "the last page's nextPageToken is an empty text instead of absent"},
		{name: "token-lost", flavour: Cloud, about: "a page that is not the last has no nextPageToken, and isLast false"},
		{name: "token-repeated", flavour: Cloud, about: "a page carries the very token that asked for it"},
		{name: "token-expired", flavour: Cloud, amount: 3, about: "the token that follows this many pages is refused with 400"},
		{name: "islast-missing", flavour: Cloud, about: "pages have no isLast"},
		{name: "islast-early", flavour: Cloud, about: "a page that is not the last says isLast true, and has a token"},
		{name: "empty-page", flavour: Cloud, about: "a page has no issues but a token, which leads on"},
		{name: "short-pages", about: "a page holds fewer issues than were asked for, and is not the last"},
		{name: "index-lag", amount: 45, about: "a search finds and shows what was this many seconds ago, while issues by id are of now"},
		{name: "reorder", about: "rows are not in the order asked for: neighbours change places"},
		{name: "reorder-ties", flavour: DataCenter, about: "rows that are equal in all that the query orders by come in another order each time; a key or an id in the order prevents it"},
		{name: "duplicate-rows", about: "a page begins with rows that the page before it ended with; on a Data Center its own last rows are missing for it"},
		{name: "warnings", about: "a search says that its result was cut, in warnings (Cloud) or warningMessages"},
		{name: "clamp-lowered", amount: 10, about: "pages after the first hold at most this many issues"},
		{name: "result-window", flavour: DataCenter, amount: 500, about: "a search that reaches beyond this many results is a 500"},
		{name: "history-split", flavour: Cloud, amount: 3, about: "a page of changelog/bulkfetch holds at most this many histories, so that issues' histories are split over pages"},
		{name: "history-withheld", flavour: Cloud, scope: ofIssues, about: "changelog/bulkfetch leaves out the newest history of the issue; the issue's own changelog has it"},
		{name: "history-epoch", flavour: Cloud, about: "changelog/bulkfetch gives created as milliseconds"},
		{name: "errors-missing", flavour: Cloud, about: "issue/bulkfetch does not list what it could not give"},
		{name: "count-off", flavour: Cloud, amount: 10, about: "approximate-count is off by this many per cent"},
	}
}

// contentFaults are those of what an issue looks like.
func contentFaults() []*fault {
	return []*fault{
		{name: "fieldid-missing", scope: ofIssues, about: "the items of the issue's histories have no fieldId"},
		{name: "author-null", scope: ofIssues, about: "the issue's histories have null for an author, or none at all"},
		{name: "updated-absent", scope: ofIssues, about: "the issue has no field updated"},
		{name: "bad-issue", scope: ofSite, amount: 1, about: "this many issues, picked by the seed, hold fields that are not what they should be"},
		{name: "sprint-text", flavour: Cloud, scope: ofSite, about: "sprints are texts, as on a Data Center"},
		{name: "sprint-object", flavour: DataCenter, scope: ofSite, about: "sprints are objects, as on Cloud"},
		{name: "two-fields", scope: ofSite, about: "there are two fields for sprints and two for story points, and issues with an odd id use the second"},
		{name: "status-deleted", scope: ofSite, about: "statuses that only histories name are not listed"},
	}
}

// siteFaults are those of the site itself.
func siteFaults() []*fault {
	return []*fault{
		{name: "project-vanishes", about: "a project, picked by the seed, and all its issues can't be seen"},
		{name: "zone-dst", scope: ofSite, about: "the account's time zone is one with summer time, America/New_York"},
		{name: "clock-skew", scope: ofSite, amount: 120, about: "the server's clock is this many seconds fast (slow where negative), and so is everything that it stamps"},
	}
}

// limitFaults are the answers 429. Their amount is the seconds to wait.
func limitFaults() []*fault {
	reasons := []struct{ name, reason string }{
		{"429-burst", "jira-burst-based"},
		{"429-quota-global", "jira-quota-global-based"},
		{"429-quota-tenant", "jira-quota-tenant-based"},
		{"429-quota-legacy", "jira-quota-based"},
		{"429-cost", "jira-cost-based"},
		{"429-threads", "jira-max-concurrent-threads-across-all-instances-per-tenant-per-user"},
		{"429-per-issue", "jira-per-issue-on-write"},
	}
	var all []*fault
	for _, r := range reasons {
		all = append(all, &fault{
			name: r.name, flavour: Cloud, amount: 1, about: "429 with RateLimit-Reason " + r.reason + " and Retry-After in seconds",
			answer: func(c *call, b blow) { c.limited(limit{reason: r.reason, seconds: b.amount}) },
		})
	}
	return append(all,
		&fault{name: "429-seconds", amount: 1, about: "429 without a reason, Retry-After in seconds", answer: func(c *call, b blow) { c.limited(limit{seconds: b.amount}) }},
		&fault{name: "429-date", amount: 2, about: "429 whose Retry-After is a date", answer: func(c *call, b blow) { c.limited(limit{seconds: b.amount, date: true}) }},
		&fault{name: "429-reset", flavour: Cloud, amount: 1, about: "429 for burst with X-RateLimit-Reset alone", answer: func(c *call, b blow) {
			c.limited(limit{reason: "jira-burst-based", reset: "2006-01-02T15:04:05Z", seconds: b.amount})
		}},
		&fault{name: "429-reset-minutes", flavour: Cloud, amount: 1, about: "429 for the quota with X-RateLimit-Reset alone, which has no seconds", answer: func(c *call, b blow) {
			c.limited(limit{reason: "jira-quota-tenant-based", reset: "2006-01-02T15:04Z", seconds: b.amount})
		}},
		&fault{name: "429-bare", about: "429 as HTML that does not say how long to wait", answer: func(c *call, _ blow) { c.limited(limit{bare: true}) }},
	)
}

// outageFaults are answers of what stands before a site that is not well.
func outageFaults() []*fault {
	page := func(status int, title, words string) func(*call, blow) {
		return func(c *call, _ blow) { c.outage(status, title, words, 0) }
	}
	return []*fault{
		{name: "503-html", about: "503 as HTML, without Retry-After", answer: page(503, "Service Unavailable", "The service is temporarily unavailable.")},
		{name: "503-retry", amount: 1, about: "503 as HTML, Retry-After in this many seconds", answer: func(c *call, b blow) {
			c.outage(503, "Service Unavailable", "Jira is restarting.", b.amount)
		}},
		{name: "502", about: "502 as HTML", answer: page(502, "Bad Gateway", "The proxy got no valid answer.")},
		{name: "504", about: "504 as HTML", answer: page(504, "Gateway Time-out", "The proxy got no answer in time.")},
		{name: "500", about: "500 with Jira's envelope of errors", answer: func(c *call, _ blow) { c.refuse(500, "Internal server error") }},
	}
}

// accessFaults are those of who is asking.
func accessFaults() []*fault {
	return []*fault{
		{name: "login-page", about: "200 with the HTML of a login page", answer: (*call).loginPage},
		{name: "redirect", about: "302 to the login of another host", answer: (*call).redirect},
		{name: "401-message", about: "401 with message and status-code", answer: func(c *call, _ blow) {
			c.fault(401, "Client must be authenticated to access this resource.")
		}},
		{name: "401-errors", about: "401 with Jira's envelope of errors", answer: func(c *call, _ blow) {
			c.refuse(401, "You are not authenticated. Authentication required to perform this operation.")
		}},
		{name: "401-text", about: "401 with a plain text", answer: (*call).refusedInText},
		{name: "401-scope", flavour: Cloud, about: "401 of the gateway: the token lacks a scope", answer: func(c *call, _ blow) {
			c.json(401, map[string]any{"code": 401, "message": "Unauthorized; scope does not match"})
		}},
		{name: "401-html", flavour: DataCenter, about: "401 as HTML, as for a wrong password", answer: func(c *call, _ blow) { c.wrongPassword() }},
		{name: "anonymous", about: "200 as for nobody, X-Seraph-LoginReason AUTHENTICATED_FAILED"},
		{name: "captcha", about: "the login is refused until a captcha is solved", answer: (*call).captcha},
		{name: "no-admin", flavour: Cloud, about: "statuses/search is 403, as for an account that is no administrator", strikes: pathEnds("/statuses/search"), answer: func(c *call, _ blow) {
			c.refuse(403, "You need to be a Jira administrator or a project administrator to perform this operation.")
		}},
	}
}

// bodyFaults are those of the connection.
func bodyFaults() []*fault {
	return []*fault{
		{name: "slow-body", amount: 20, about: "the body comes in four parts, this many milliseconds apart"},
		{name: "truncated", about: "the body ends in the middle, as if it were whole"},
		{name: "reset", about: "the connection is reset in the middle of the body"},
	}
}
