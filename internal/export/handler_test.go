package export_test

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"

	"plumbline/internal/export"
)

// scrape asks once and returns the status.
func scrape(h http.Handler) int {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	return w.Code
}

func TestAScrapeThatTakesTooLongIsGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slow := prometheus.GathererFunc(func() ([]*dto.MetricFamily, error) {
			time.Sleep(time.Minute) // of the test's own clock
			return nil, nil
		})
		began := time.Now()
		if code := scrape(export.Handler(slow)); code != http.StatusServiceUnavailable {
			t.Errorf("the scrape got %d, want 503", code)
		}
		if took := time.Since(began); took != 10*time.Second {
			t.Errorf("it was given up after %s", took)
		}
		time.Sleep(time.Minute) // until the slow one is through
	})
}

func TestOnlySoManyScrapesAreAnsweredAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		waiting := prometheus.GathererFunc(func() ([]*dto.MetricFamily, error) {
			<-release
			return nil, nil
		})
		h := export.Handler(waiting)
		codes := make(chan int, 5)
		for range 5 {
			go func() { codes <- scrape(h) }()
		}
		synctest.Wait()
		if code := scrape(h); code != http.StatusServiceUnavailable {
			t.Errorf("the sixth scrape got %d, want 503", code)
		}
		close(release)
		for range 5 {
			if code := <-codes; code != http.StatusOK {
				t.Errorf("one of the first five got %d", code)
			}
		}
	})
}
