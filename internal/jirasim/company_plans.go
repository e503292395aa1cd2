package jirasim

import "slices"

// goalPlan is a goal as its file will declare it. Weeks count from the
// present one. The work of a goal is the epics of the streams that name it,
// and what is given here.
type goalPlan struct {
	file, id, name, owner, parent string
	weight                        int
	starts                        int // 0: not declared
	targets                       []targetPlan
	versions, labels              []inRealm
	excludes                      int // so many of its leaves are left out
	stall                         string
	decisions                     []choicePlan
	decideWithin                  string
}

// choicePlan is a decision as a goals file declares it. Its days are the
// Wednesdays of their weeks; 0 stands for none. A question of
// companyDecisions brings its issue, and the day on which that was written.
type choicePlan struct {
	id, class, question string
	asked, by, decided  int
	authority, outcome  string
}

// targetPlan is a promise: the Friday of a week, made in another week.
type targetPlan struct {
	week, said int
	why        string
}

// inRealm is a name within a project.
type inRealm struct{ realm, name string }

// companyGoals returns what the company has set out to do.
func companyGoals() []goalPlan {
	return slices.Concat(parentGoals(), paymentGoals(), shopGoals(), platformGoals())
}

func parentGoals() []goalPlan {
	return []goalPlan{
		{file: "company", id: "customer-trust", name: "Customers trust us with their money", owner: "leadership"},
		{file: "company", id: "bigger-baskets", name: "Shoppers find more and come back", owner: "leadership"},
		{file: "company", id: "solid-ground", name: "The platform carries ten times the volume", owner: "leadership", weight: 2},
	}
}

func paymentGoals() []goalPlan {
	return []goalPlan{
		{file: "payments", id: "checkout-p95", name: "Checkout answers within 300 ms at p95", owner: "team-payments", parent: "customer-trust", weight: 2, starts: -18,
			targets: []targetPlan{{week: 7, said: -18}}, excludes: 1,
			decisions: []choicePlan{{id: "edge-vendor", class: "architecture", asked: -12, decided: -11, authority: "architecture-group", outcome: "the one that we have"}}},
		{file: "payments", id: "self-service-refunds", name: "Merchants refund without calling support", owner: "team-payments", parent: "customer-trust", starts: -22,
			targets: []targetPlan{{week: 3, said: -22}}},
		{file: "payments", id: "sepa-instant", name: "Pay out by SEPA Instant", owner: "team-payments", parent: "customer-trust", starts: -30,
			targets: []targetPlan{
				{week: -12, said: -30},
				{week: -5, said: -13, why: "the bank's sandbox came late"},
				{week: 1, said: -6, why: "certification takes longer"},
				{week: 8, said: -2, why: "certification again"},
			},
			decisions: []choicePlan{{id: "scheme-participant", question: "Direct or indirect scheme participant?", by: -26, authority: "leadership", outcome: "indirect, through the house bank"}}},
	}
}

func shopGoals() []goalPlan {
	return []goalPlan{
		{file: "shop", id: "guest-checkout", name: "Buy without an account", owner: "team-shop", parent: "bigger-baskets", starts: -34,
			targets: []targetPlan{{week: -12, said: -34}}},
		{file: "shop", id: "loyalty-programme", name: "Returning shoppers collect points", owner: "team-shop", parent: "bigger-baskets", starts: -3,
			targets:   []targetPlan{{week: 20, said: -6}},
			decisions: []choicePlan{{id: "budget", class: "approval", asked: -6, by: -4, authority: "leadership"}}},
		{file: "shop", id: "storefront-4-7", name: "Storefront 4.7 is out for the season", owner: "team-shop", parent: "bigger-baskets", starts: -6,
			targets: []targetPlan{{week: 2, said: -6}}, versions: []inRealm{{"SHOP", "4.7"}}},
		{file: "shop", id: "search-relevance", name: "The first five hits hold what was meant", owner: "team-shop", parent: "bigger-baskets", weight: 2, starts: -32,
			targets: []targetPlan{{week: -9, said: -32}, {week: 4, said: -10, why: "the last issues"}}},
	}
}

func platformGoals() []goalPlan {
	return []goalPlan{
		{file: "core", id: "ledger-cutover", name: "All bookings run on the new ledger", owner: "team-core", parent: "solid-ground", weight: 3, starts: -26,
			targets:   []targetPlan{{week: 5, said: -26}},
			decisions: []choicePlan{{id: "ledger-database", class: "architecture", question: "Which database carries the ledger?", by: -6, authority: "architecture-group"}}},
		{file: "core", id: "core-on-kubernetes", name: "Every core service runs on Kubernetes", owner: "team-core", parent: "solid-ground", starts: -20,
			targets: []targetPlan{{week: 6, said: -20}}},

		{file: "data", id: "fraud-screening", name: "Fraud is screened before capture", owner: "team-data", parent: "customer-trust", weight: 2, starts: -24,
			targets: []targetPlan{{week: 4, said: -24}}, stall: "14d"},
		{file: "data", id: "recommendations", name: "Shoppers see what goes with their basket", owner: "team-data", parent: "bigger-baskets", starts: -28,
			targets: []targetPlan{{week: 2, said: -28}}, decideWithin: "{architecture: 20d, impediment: 3d}",
			decisions: []choicePlan{{id: "buy-or-build", question: "Buy or build the ranking?", outcome: "reversed: the vendor was sold, so it is built after all"}}},
		{file: "data", id: "settlement-reports", name: "Merchants get their settlement report by six", owner: "team-data", parent: "customer-trust", starts: -13,
			targets: []targetPlan{{week: 6, said: -13}}},
		{file: "data", id: "data-retention", name: "Personal data goes when its time is up", owner: "team-data", parent: "solid-ground", starts: -16,
			targets: []targetPlan{{week: 9, said: -16}}, labels: []inRealm{{"DATA", "retention"}, {"CORE", "retention"}, {"PAY", "retention"}}},
	}
}

// stream is a flow of work: an epic, or the everyday work of a realm, and the
// script by which it goes. Weeks count from the present one; 0 stands for
// never, but in opens.
type stream struct {
	goal  string // none: no goal claims it
	realm string
	epic  string // the epic's summary; none: work without an epic
	label string // every leaf bears it
	about string // what the leaves are about: a key of subjects

	opens  int // the first leaves are written down
	starts int // work begins; 0: as soon as it opens; never: not in this story
	closes int // the epic is closed and what is left is dropped
	stalls int // nothing moves forward any more

	first       int     // leaves in the first week
	growth      float64 // leaves a week that are found later
	growthUntil int     // until this week; 0: on and on
	trickle     float64 // and a week thereafter
	pace        float64 // leaves finished in a usual week

	dropped  float64 // share that is closed without delivering; 0: usual
	reopened float64 // share that comes back; 0: usual
	fuss     float64 // edits a week while it stalls
}

// never is a week behind the end of the story.
const never = lastWeek + 1

// companyStreams returns the work of about a year.
func companyStreams() []stream {
	return slices.Concat(goalStreams(), otherStreams())
}

func goalStreams() []stream {
	return []stream{
		{goal: "checkout-p95", realm: "PAY", epic: "Cut checkout latency", about: "latency", opens: -18, first: 6, growth: .9, growthUntil: -9, pace: 1.2, closes: -4},
		{goal: "checkout-p95", realm: "PAY", epic: "Answer prices and carts from the edge", about: "latency", opens: -10, first: 9, growth: 1.2, growthUntil: -6, pace: 1.1},

		{goal: "self-service-refunds", realm: "PAY", epic: "Refund portal for merchants", about: "refunds", opens: -22, first: 5, growth: .95, pace: .78},
		{goal: "self-service-refunds", realm: "PAY", epic: "Refund operations", about: "refunds", opens: -19, first: 4, growth: .9, pace: .72},

		{goal: "sepa-instant", realm: "PAY", epic: "SEPA Instant payouts", about: "payouts", opens: -30, first: 7, growth: 1.2, growthUntil: -19, pace: .45, dropped: .001},

		{goal: "guest-checkout", realm: "SHOP", epic: "Guest checkout", about: "basket", opens: -34, first: 6, growth: 1.5, growthUntil: -24, pace: 1.2, closes: -13},

		{goal: "loyalty-programme", realm: "SHOP", epic: "Loyalty points", about: "loyalty", opens: -6, starts: never, first: 8, growth: .4},

		{realm: "SHOP", epic: "Storefront for the season", about: "basket", opens: -5, first: 15, growth: 1.8, growthUntil: 2, pace: 2.3},

		{goal: "search-relevance", realm: "SHOP", epic: "Search relevance", about: "search", opens: -32, first: 8, growth: 1.3, growthUntil: -20, trickle: .6, pace: 1.7},

		{goal: "ledger-cutover", realm: "CORE", epic: "Ledger cut-over", about: "ledger", opens: -26, first: 7, growth: 1.1, growthUntil: -13, pace: .65, stalls: -7, fuss: 2},

		{goal: "core-on-kubernetes", realm: "CORE", epic: "Core services on Kubernetes", about: "platform", opens: -20, first: 8, growth: 1.1, growthUntil: -8, pace: 1.05, dropped: .05, reopened: .45},

		{goal: "fraud-screening", realm: "DATA", epic: "Fraud screening", about: "fraud", opens: -24, first: 9, growth: 1.2, growthUntil: -9, pace: .95, stalls: -4, fuss: 9},

		{goal: "recommendations", realm: "DATA", epic: "Basket recommendations", about: "models", opens: -28, first: 9, growth: 1.3, growthUntil: -16, pace: .62, dropped: .5},

		{goal: "settlement-reports", realm: "DATA", epic: "Settlement reports", about: "reports", opens: -13, first: 6, growth: 1, growthUntil: -4, pace: .85},

		{goal: "data-retention", realm: "DATA", label: "retention", about: "retention", opens: -16, first: 4, growth: .35, pace: .35},
		{goal: "data-retention", realm: "CORE", label: "retention", about: "retention", opens: -16, first: 2, growth: .25, pace: .25},
		{goal: "data-retention", realm: "PAY", label: "retention", about: "retention", opens: -15, first: 2, growth: .25, pace: .25},
	}
}

func otherStreams() []stream {
	return []stream{
		{realm: "PAY", about: "everyday", opens: firstWeek, first: 4, growth: .56, pace: .55},
		{realm: "SHOP", about: "everyday", opens: firstWeek, first: 4, growth: .6, pace: .58},
		{realm: "CORE", about: "everyday", opens: firstWeek, first: 4, growth: .56, pace: .55},
		{realm: "DATA", about: "everyday", opens: firstWeek, first: 4, growth: .6, pace: .58},

		{realm: "PAY", epic: "Strong customer authentication", about: "basket", opens: -50, first: 4, growth: .9, growthUntil: -42, pace: .9, closes: -36},
		{realm: "PAY", epic: "Second acquirer", about: "payouts", opens: -44, first: 3, growth: .8, growthUntil: -34, pace: .9, closes: -27},
		{realm: "SHOP", epic: "Gift vouchers", about: "basket", opens: -26, first: 4, growth: 1, growthUntil: -18, pace: 1.1, closes: -12},
		{realm: "CORE", epic: "One sign-on for all services", about: "platform", opens: -50, first: 5, growth: .9, growthUntil: -41, pace: .9, closes: -35},
		{realm: "CORE", epic: "Backups that restore", about: "ledger", opens: -38, first: 3, growth: .9, growthUntil: -30, pace: .8, closes: -23},
		{realm: "DATA", epic: "Warehouse in one place", about: "reports", opens: -51, first: 4, growth: 1, growthUntil: -42, pace: .9, closes: -35},
		{realm: "DATA", epic: "Chargeback forecast", about: "models", opens: -40, first: 4, growth: .8, growthUntil: -32, pace: .9, closes: -26},
	}
}

// decisionPlan is a question that somebody had to answer.
type decisionPlan struct {
	realm, epic, question string
	opens                 int     // the week in which it was asked
	days                  int     // until the answer; 0: still open
	refused               bool    // the answer was no
	blocks                float64 // share of the epic's open leaves that wait for it
}

// companyDecisions returns the decisions that the company wrote down.
func companyDecisions() []decisionPlan {
	return []decisionPlan{
		{realm: "PAY", epic: "Strong customer authentication", question: "Which authentication provider?", opens: -49, days: 9, blocks: .3},
		{realm: "DATA", epic: "Warehouse in one place", question: "Row or column storage for events?", opens: -48, days: 4, blocks: .2},
		{realm: "SHOP", epic: "Guest checkout", question: "Do guests get an order history?", opens: -32, days: 6, refused: true, blocks: .2},
		{realm: "PAY", epic: "SEPA Instant payouts", question: "Direct or indirect scheme participant?", opens: -28, days: 23, blocks: .4},
		{realm: "DATA", epic: "Basket recommendations", question: "Buy or build the ranking?", opens: -25, days: 17, blocks: .3},
		{realm: "CORE", epic: "Ledger cut-over", question: "Dual writes or a stop of one night?", opens: -22, days: 12, blocks: .3},
		{realm: "DATA", epic: "Fraud screening", question: "Score in line or beside the payment?", opens: -20, days: 8, blocks: .2},
		{realm: "CORE", epic: "Core services on Kubernetes", question: "One cluster or one a zone?", opens: -18, days: 5, blocks: .2},
		{realm: "PAY", epic: "Cut checkout latency", question: "May prices be five seconds old?", opens: -16, days: 3, blocks: .2},
		{realm: "CORE", epic: "Ledger cut-over", question: "Which database carries the ledger?", opens: -8, blocks: .7},
		{realm: "SHOP", epic: "Gift vouchers", question: "Do vouchers expire?", opens: -24, days: 11, blocks: .2},
		{realm: "DATA", epic: "Settlement reports", question: "Which cut-off time binds us?", opens: -6, days: 10, blocks: .2},
		{realm: "PAY", epic: "Refund operations", question: "Who approves refunds above the limit?", opens: -3, days: 26, blocks: .2},
	}
}
