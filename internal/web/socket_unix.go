//go:build unix

package web

import (
	"runtime"
	"syscall"
)

// restrict gives a socket that is not yet bound the mode of its file.
func restrict(_, _ string, c syscall.RawConn) error {
	var failed error
	err := c.Control(func(fd uintptr) {
		failed = syscall.Fchmod(int(fd), 0o600)
	})
	if err != nil {
		return err
	}
	if runtime.GOOS != "linux" {
		return nil // others refuse it
	}
	return failed
}
