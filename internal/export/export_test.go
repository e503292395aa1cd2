package export

// Holding makes the text hold that many samples in memory at once.
func (t *Text) Holding(samples int) *Text { t.held = samples; return t }

// Randomly makes the sender's jitter what the function says.
func (r *Remote) Randomly(f func() float64) *Remote { r.random = f; return r }
