package jirasim

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"strings"
)

// maxBody is the longest request body that is read, in bytes.
const maxBody = 1 << 20

// json answers with the value.
func (c *call) json(status int, v any) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		c.refuse(http.StatusInternalServerError, "Internal server error")
		return
	}
	c.raw(status, b.Bytes())
}

func (c *call) raw(status int, body []byte) {
	c.w.Header().Set("Content-Type", "application/json;charset=UTF-8")
	c.w.WriteHeader(status)
	// A caller that has gone away needs no answer.
	_, _ = c.w.Write(body)
}

// refuse answers with Jira's envelope of errors.
func (c *call) refuse(status int, messages ...string) {
	c.json(status, map[string]any{"errorMessages": messages, "errors": map[string]string{}})
}

// fault answers as the REST framework does, before Jira itself is asked.
func (c *call) fault(status int, message string) {
	c.json(status, map[string]any{"message": message, "status-code": status})
}

func (c *call) html(status int, title, text string) {
	c.w.Header().Set("Content-Type", "text/html;charset=UTF-8")
	c.w.WriteHeader(status)
	_, _ = io.WriteString(c.w, "<html>\n<head>\n    <title>"+title+"</title>\n</head>\n<body>\n    <h1>"+title+"</h1>\n    <p>"+text+"</p>\n</body>\n</html>\n")
}

// notFound answers for a path that the site does not have.
func (c *call) notFound() {
	if !strings.HasPrefix(c.r.URL.Path, c.root+"/rest/") {
		c.html(http.StatusNotFound, "Page not found (404)", "Oops, you've found a dead link.")
		return
	}
	c.fault(http.StatusNotFound, "null for uri: "+c.origin()+c.r.URL.RequestURI())
}

func (c *call) notAllowed(e endpoint) {
	allow := "OPTIONS"
	if e.get != nil {
		allow = "GET,HEAD," + allow
	}
	if e.post != nil {
		allow = "POST," + allow
	}
	c.w.Header().Set("Allow", allow)
	c.fault(http.StatusMethodNotAllowed, "HTTP 405 Method Not Allowed")
}

func (c *call) noSuchIssue() {
	c.refuse(http.StatusNotFound, "Issue does not exist or you do not have permission to see it.")
}

// body reads the request's JSON body into v, or answers why not. Properties
// that v does not have are refused.
func (c *call) body(v any) bool {
	if media, _, err := mime.ParseMediaType(c.r.Header.Get("Content-Type")); err != nil || media != "application/json" {
		c.fault(http.StatusUnsupportedMediaType, "HTTP 415 Unsupported Media Type")
		return false
	}
	d := json.NewDecoder(http.MaxBytesReader(c.w, c.r.Body, maxBody))
	d.DisallowUnknownFields()
	err := d.Decode(v)
	var long *http.MaxBytesError
	switch {
	case err == nil:
		return true
	case errors.As(err, &long):
		c.fault(http.StatusRequestEntityTooLarge, "HTTP 413 Request Entity Too Large")
	default:
		if name, unknown := strings.CutPrefix(err.Error(), "json: unknown field "); unknown {
			c.refuse(http.StatusBadRequest, "Unrecognized field "+name+" (Class com.atlassian.jira.rest.v2.search.SearchRequestBean), not marked as ignorable")
		} else {
			c.refuse(http.StatusBadRequest, "Unexpected character or end of input: the request's body is no valid JSON of the expected form.")
		}
	}
	return false
}

// origin is the scheme and host by which the caller reached the site.
func (c *call) origin() string {
	if c.r.TLS != nil {
		return "https://" + c.r.Host
	}
	return "http://" + c.r.Host
}

// base is the URL of the REST API.
func (c *call) base() string {
	version := "2"
	if c.options.Flavour == Cloud && !strings.HasPrefix(c.r.URL.Path, c.root+"/rest/api/2/") {
		version = "3"
	}
	return c.origin() + c.root + "/rest/api/" + version
}
