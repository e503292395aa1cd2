package app

import "plumbline/internal/store"

// Held is the store that the service holds, for tests that change it.
func (a *App) Held() *store.Store { return a.store }
