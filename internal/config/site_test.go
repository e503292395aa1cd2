package config_test

import (
	"testing"

	"plumbline/internal/config"
)

func TestAFaultySiteIsRefusedWithEveryFault(t *testing.T) {
	const store = "store: {path: x}\n"
	for _, f := range []faulty{
		{
			"nothing that is needed", "sites: [{limits: {in_flight: 1}}]\n" + store, `
f:1:9: sites[0]: auth is missing; add auth: {pat_file: FILE}, or {email: ADDRESS, token_file: FILE}
f:1:9: sites[0]: name is missing; add name: with a short name for labels, such as acme
f:1:9: sites[0]: scope is missing; add scope: with the JQL of all work to be seen, such as project in (PAY, SHOP)
f:1:9: sites[0]: url is missing; add url: with the address of Jira`,
		},
		{
			"everything out of bounds", `sites:
  - name: Acme Inc
    url: jira.acme.com
    auth: {pat_env: P}
    scope: project = PAY Order  By rank
    limits: {requests_per_second: 0, in_flight: 2.5, colour: red}
    tls: {ca_file: 5}
    fields: {story_points: [points], epic: [x]}
` + store, `
f:2:11: sites[0].name: "Acme Inc" is no name of a site; use at most 32 of a-z, 0-9 and -
f:3:10: sites[0].url: does not begin with https:// or http://; write it like https://jira.acme.com/jira
f:5:12: sites[0].scope: holds ORDER BY; remove it; the order is the service's own
f:6:35: sites[0].limits.requests_per_second: 0 is out of range; choose from 0.1 to 100
f:6:49: sites[0].limits.in_flight: wants a whole number; choose from 1 to 32
f:6:54: sites[0].limits.colour: unknown key "colour"; known here: in_flight, requests_per_second
f:7:20: sites[0].tls.ca_file: wants text, has a number; put it in quotes
f:8:29: sites[0].fields.story_points[0]: "points" is no custom field; write the field's id, such as customfield_10016
f:8:38: sites[0].fields.epic: unknown key "epic"; known here: epic_link, flagged, parent_link, sprint, story_points`,
		},
		{
			"two sites of one name", `sites:
  - {name: a, url: "https://a", auth: {pat_env: P}, scope: x}
  - {name: a, url: "https://b", auth: {pat_env: P}, scope: ""}
` + store, `
f:3:12: sites[1].name: "a" is the name of sites[0] already; give each site a name of its own
f:3:60: sites[1].scope: is empty; write what it should be, or leave the key out`,
		},
	} {
		t.Run(f.name, func(t *testing.T) {
			_, err := config.Parse("f", []byte(f.src))
			f.check(t, err)
		})
	}
}
