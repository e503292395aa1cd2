package jirasim

import "slices"

// dataCenter lists the endpoints of a Data Center site. What is not listed,
// such as /search/jql and /issue/{id}/changelog, is a 404 there.
func dataCenter() []endpoint {
	return slices.Concat(versions([]endpoint{
		{path: "/serverInfo", get: (*call).serverInfo},
		{path: "/myself", get: (*call).myself},
		{path: "/field", get: (*call).fields},
		{path: "/status", get: (*call).statuses},
		{path: "/issuetype", get: (*call).issueTypes},
		{path: "/resolution", get: (*call).resolutions},
		{path: "/priority", get: (*call).priorities},
		{path: "/project", get: (*call).projects},
		{path: "/project/{key}", get: (*call).project},
		{path: "/project/{key}/versions", get: (*call).versions},
		{path: "/search", get: (*call).searchByQuery, post: (*call).searchByBody},
		{path: "/issue/{key}", get: (*call).issue},
	}, "2", "latest"), agile())
}

// versions lists the endpoints under each version of the platform's API.
func versions(platform []endpoint, names ...string) []endpoint {
	var all []endpoint
	for _, name := range names {
		for _, e := range platform {
			e.path = "/rest/api/" + name + e.path
			all = append(all, e)
		}
	}
	return all
}

// agile lists the endpoints of boards and sprints, which both flavours have.
func agile() []endpoint {
	return []endpoint{
		{path: "/rest/agile/1.0/board", get: (*call).boardList},
		{path: "/rest/agile/1.0/board/{id}", get: (*call).boardOf},
		{path: "/rest/agile/1.0/board/{id}/configuration", get: (*call).boardConfiguration},
		{path: "/rest/agile/1.0/board/{id}/sprint", get: (*call).boardSprints},
		{path: "/rest/agile/1.0/sprint/{id}", get: (*call).sprint},
	}
}
