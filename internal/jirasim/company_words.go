package jirasim

import "strings"

// subjects returns what the leaves of a stream are about.
func subjects(about string) []string {
	words := map[string][]string{
		"latency":   {"price look-ups", "the cart service", "checkout sessions", "tax rules", "the address check", "payment method lists"},
		"refunds":   {"partial refunds", "refund reasons", "refund approvals", "acquirer callbacks", "the refund ledger entry", "refund e-mails"},
		"payouts":   {"payout batches", "IBAN checks", "scheme messages", "the acknowledgement timer", "returned payouts", "acquirer routing"},
		"basket":    {"the basket", "delivery options", "the order summary", "discount codes", "the payment step", "stock reservations"},
		"loyalty":   {"the points account", "earning rules", "tier names", "points at checkout", "partner offers"},
		"search":    {"synonyms", "the result page", "facets", "query logs", "the ranking", "product images"},
		"ledger":    {"journal entries", "balance snapshots", "reconciliation", "the migration job", "posting rules", "period closing"},
		"platform":  {"the token service", "health probes", "secrets", "the event bus", "deployment charts", "service accounts"},
		"fraud":     {"device signals", "velocity rules", "the review queue", "score thresholds", "case notes", "merchant risk classes"},
		"models":    {"training data", "the feature store", "basket pairs", "the nightly run", "model cards", "the holdout set"},
		"reports":   {"settlement lines", "the morning run", "fee columns", "currency rounding", "the download page", "late bookings"},
		"retention": {"customer records", "old device data", "log archives", "closed accounts", "backups of personal data"},
	}
	if s, ok := words[about]; ok {
		return s
	}
	return []string{"certificate renewals", "the on-call handbook", "flaky tests", "library updates", "merchant requests", "the status page", "audit questions", "monitoring noise", "cost reports"}
}

// summary makes up the one line of a leaf.
func (d dice) summary(kind value, about string) string {
	deeds := []string{"Show", "Validate", "Store", "Migrate", "Document", "Measure", "Test", "Simplify", "Rework", "Speed up"}
	ends := []string{"for merchants", "in the back office", "under load", "per country", "with audit trail", "behind a flag", "for all currencies", "end to end", "in the app", "after a timeout"}
	switch kind {
	case typeBug:
		faults := []string{"are wrong", "are lost", "time out", "show twice", "break"}
		subject := pick(d, subjects(about))
		return strings.ToUpper(subject[:1]) + subject[1:] + ": results " + pick(d, faults) + " " + pick(d, ends)
	case typeSubtask:
		return pick(d, []string{"Write the tests", "Wire the endpoint", "Adapt the schema", "Review with security", "Update the screens", "Roll out to staging"})
	case typeSupport:
		needs := []string{"a payout that is late", "a declined card", "an invoice", "new API keys", "a refund", "a second shop", "closing an account"}
		return "Help a merchant with " + pick(d, needs)
	}
	return pick(d, deeds) + " " + pick(d, subjects(about)) + " " + pick(d, ends)
}
