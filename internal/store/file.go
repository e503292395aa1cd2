package store

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// KeyFile returns where the pseudonym key of a store lies unless the
// configuration names another place.
func KeyFile(store string) string { return store + ".key" }

// The length in bytes of a new pseudonym key, and what is taken for one.
const (
	pseudonymKeySize = 32
	maxKeyFile       = 4096
)

// PseudonymKey returns the key under which the store's persons are hashed. It
// reads the file at path (KeyFile names the usual one). Where there is none it
// makes one with 32 random bytes and mode 0600, as long as the store knows of
// no site: later, a key that is not there was lost. It refuses a key of fewer
// than 32 bytes, and one so long that it must be some other file.
func (s *Store) PseudonymKey(path string) ([]byte, error) {
	key, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		if len(s.Sites()) > 0 {
			return nil, fmt.Errorf("read pseudonym key: %w; store %s was written under it, and under another every person would be "+
				"somebody else: restore the key, or move the store away and sync anew", err, s.path)
		}
		if err := makeKey(path); err != nil {
			return nil, fmt.Errorf("make pseudonym key %s: %w", path, err)
		}
		// Read again: another process may have been first.
		key, err = os.ReadFile(path)
	}
	if err != nil {
		return nil, fmt.Errorf("read pseudonym key: %w", err)
	}
	if len(key) < pseudonymKeySize {
		return nil, fmt.Errorf("pseudonym key %s has %d bytes and needs at least %d: "+
			"restore it from a backup; under another key every person would be somebody else", path, len(key), pseudonymKeySize)
	}
	if len(key) > maxKeyFile {
		return nil, fmt.Errorf("pseudonym key %s has %d bytes: it must be some other file", path, len(key))
	}
	return key, nil
}

func makeKey(path string) error {
	return publish(path, func(f *os.File) error {
		b := make([]byte, pseudonymKeySize)
		if _, err := rand.Read(b); err != nil {
			return err
		}
		_, err := f.Write(b)
		return err
	})
}

// publish makes a file of mode 0600 beside path, has it written, and gives it
// its name only when it is whole and on the disk. A file that meanwhile
// appeared at path stays as it is.
func publish(path string, write func(*os.File) error) error {
	return writeBeside(path, write, func(temporary string) error {
		err := os.Link(temporary, path)
		switch {
		case err == nil || errors.Is(err, fs.ErrExist):
			return nil
		case errors.Is(err, fs.ErrNotExist):
			return err
		}
		// A file system without hard links.
		return os.Rename(temporary, path)
	})
}

// writeBeside has a temporary file of mode 0600 in path's folder written and
// synced, calls place with its name, and removes what is left of it.
func writeBeside(path string, write func(*os.File) error, place func(temporary string) error) (err error) {
	folder := filepath.Dir(path)
	f, err := os.CreateTemp(folder, temporaryPrefix(path)+"*")
	if err != nil {
		return err
	}
	defer func() {
		_ = f.Close()
		if e := os.Remove(f.Name()); e != nil && !errors.Is(e, fs.ErrNotExist) {
			err = errors.Join(err, e)
		}
	}()
	if err := write(f); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	if err := place(f.Name()); err != nil {
		return err
	}
	return syncFolder(folder)
}

// temporaryPrefix begins the names of the files that are to become path.
func temporaryPrefix(path string) string { return "." + filepath.Base(path) + ".new-" }

// syncFolder makes the names in a folder last over a power cut.
func syncFolder(folder string) error {
	d, err := os.Open(folder)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
