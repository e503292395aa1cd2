package jira

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"strings"

	"plumbline/internal/flow"
)

// Pseudonymizer returns the function that stands pseudonyms in for accounts:
// the first eight bytes of the HMAC-SHA256 of the account under the key. An
// empty account is nobody.
func Pseudonymizer(key []byte) func(account string) flow.Pseudonym {
	key = append([]byte(nil), key...)
	return func(account string) flow.Pseudonym {
		if account == "" {
			return 0
		}
		mac := hmac.New(sha256.New, key)
		mac.Write([]byte(account))
		if p := binary.BigEndian.Uint64(mac.Sum(nil)); p != 0 {
			return flow.Pseudonym(p)
		}
		return 1 // 0 is nobody, and an account is somebody
	}
}

// wireUser is a user as Jira shows one: by accountId on Cloud, by key and
// name on Data Center. The key survives a change of the name.
type wireUser struct {
	AccountID   string `json:"accountId"`
	Key         string `json:"key"`
	Name        string `json:"name"`
	DisplayName string `json:"displayName"`
}

// account returns what the user is known by for good, "" for nobody.
func (u *wireUser) account() string {
	switch {
	case u == nil:
		return ""
	case u.AccountID != "":
		return u.AccountID
	case u.Key != "":
		return u.Key
	}
	return u.Name
}

// people turns users into pseudonyms and knows the bots among them. It
// remembers the pseudonyms that it made, up to a bound: the same few hundred
// accounts write a site's changelogs.
type people struct {
	pseudonym func(string) flow.Pseudonym
	bots      map[string]bool // folded
	known     map[string]flow.Pseudonym
}

const rememberedPeople = 10_000

func newPeople(pseudonym func(string) flow.Pseudonym, bots []string) *people {
	p := &people{pseudonym: pseudonym, bots: make(map[string]bool), known: make(map[string]flow.Pseudonym)}
	for _, b := range bots {
		if b = strings.ToLower(strings.TrimSpace(b)); b != "" {
			p.bots[b] = true
		}
	}
	return p
}

func (p *people) of(account string) flow.Pseudonym {
	if account == "" {
		return 0
	}
	if v, ok := p.known[account]; ok {
		return v
	}
	if len(p.known) >= rememberedPeople {
		clear(p.known)
	}
	v := p.pseudonym(account)
	p.known[account] = v
	return v
}

func (p *people) bot(u *wireUser) bool {
	if u == nil || len(p.bots) == 0 {
		return false
	}
	for _, name := range []string{u.AccountID, u.Key, u.Name, u.DisplayName} {
		if name != "" && p.bots[strings.ToLower(name)] {
			return true
		}
	}
	return false
}
