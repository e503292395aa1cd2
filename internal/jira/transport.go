package jira

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"time"

	gojira "github.com/andygrunwald/go-jira"
)

// link is an address and the client that reaches this address alone.
type link struct {
	base *url.URL
	jira *gojira.Client
}

// newLink makes the link to an address, with the credentials that belong to
// it: go-jira's authentication over a transport that serves one host.
func newLink(o *Options, base *url.URL, auth Auth) (*link, error) {
	hc, err := newHTTP(o, base, auth)
	if err != nil {
		return nil, err
	}
	client, err := gojira.NewClient(hc, base.String())
	if err != nil {
		return nil, fmt.Errorf("url: %w", err)
	}
	return &link{base, client}, nil
}

func newHTTP(o *Options, base *url.URL, auth Auth) (*http.Client, error) {
	tp, err := newTransport(o)
	if err != nil {
		return nil, err
	}
	own := &pinned{base: base, userAgent: o.UserAgent, next: tp}
	hc := &http.Client{Transport: own}
	switch {
	case auth.PAT != "":
		hc = (&gojira.PATAuthTransport{Token: auth.PAT, Transport: own}).Client()
	case auth.User != "":
		hc = (&gojira.BasicAuthTransport{Username: auth.User, Password: auth.Password, Transport: own}).Client()
	}
	// The authenticating transports put the credentials on every request, a
	// redirected one to a foreign host too.
	hc.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	// Cookies keep the pages of one scan on one node of a cluster.
	hc.Jar, err = cookiejar.New(nil)
	return hc, err
}

func newTransport(o *Options) (*http.Transport, error) {
	tp := &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            (&net.Dialer{Timeout: 15 * time.Second}).DialContext,
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout:    15 * time.Second,
		IdleConnTimeout:        90 * time.Second,
		MaxIdleConnsPerHost:    o.InFlight,
		MaxResponseHeaderBytes: 1 << 20,
		ForceAttemptHTTP2:      true,
	}
	if o.CAFile == "" {
		return tp, nil
	}
	pem, err := os.ReadFile(o.CAFile)
	if err != nil {
		return nil, fmt.Errorf("tls.ca_file: %w", err)
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool()
	}
	if !pool.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("tls.ca_file: %s holds no PEM certificate", o.CAFile)
	}
	tp.TLSClientConfig.RootCAs = pool
	return tp, nil
}

// pinned sends requests to one site and refuses all others, so that
// credentials reach no other host whatever goes wrong above.
type pinned struct {
	base      *url.URL
	userAgent string
	next      http.RoundTripper
}

func (p *pinned) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.URL.Scheme != p.base.Scheme || req.URL.Host != p.base.Host {
		return nil, errors.New("a request to another host than the site's was held back")
	}
	req = req.Clone(req.Context())
	req.Header.Set("User-Agent", p.userAgent)
	req.Header.Set("Accept", "application/json")
	return p.next.RoundTrip(req)
}
