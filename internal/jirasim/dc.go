package jirasim

import "slices"

// dataCenter lists the endpoints of a Data Center site. What is not listed,
// such as /search/jql and /issue/{id}/changelog, is a 404 there.
func dataCenter() []endpoint {
	platform := []endpoint{
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
	}
	var all []endpoint
	for _, version := range []string{"/rest/api/2", "/rest/api/latest"} {
		for _, e := range platform {
			e.path = version + e.path
			all = append(all, e)
		}
	}
	return slices.Concat(all, []endpoint{
		{path: "/rest/agile/1.0/board", get: (*call).boards},
	})
}
