package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	bolt "go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"
)

// DefaultTimeout is how long Open waits for another process to let go of the
// store unless the options say otherwise.
const DefaultTimeout = time.Second

// pageSize is the same on every machine, so that a store can be carried from
// one to another and its size does not depend on where it was made.
const pageSize = 4096

// reserved is how much address space the file is mapped into at least. When the
// file outgrows its mapping, the writer waits for all readers and new readers
// wait for the writer; here that takes some eight million issues. It costs no
// memory.
const reserved = 4 << 30

// Options say how to open a store. The zero value is useful.
type Options struct {
	// Timeout is how long to wait for a store that is in use; 0 means
	// DefaultTimeout.
	Timeout time.Duration
}

// Store is an open store. Its methods may be called from many goroutines.
type Store struct {
	db   *bolt.DB
	path string

	// writing is held for the length of a write transaction: it guards the
	// encoder and the writer's side of the book.
	writing sync.Mutex
	enc     *encoder
	// book is what readers need to understand the bytes. A reader loads it
	// after its transaction has begun; a writer publishes before it commits.
	book atomic.Pointer[book]
	// replaced is what the latest writes changed in the issues.
	replaced memory
	spare    sync.Pool // of *flow.Issue
}

// Open opens the store at path for reading and writing and makes it where
// there is none: the folder with mode 0700, the file with 0600. A file that
// others may read is closed to them. An older store is migrated.
//
// It fails with *InUseError where another process holds the store, with
// *NewerError where a later version of the program wrote it, and with
// *DamagedError where the file is not a store or not a whole one.
func Open(path string, o Options) (*Store, error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if err := create(path); err != nil {
			return nil, fmt.Errorf("make store %s: %w", path, err)
		}
	case err != nil:
		return nil, fmt.Errorf("open store: %w", err)
	case info.Mode().IsRegular() && info.Mode().Perm()&0o077 != 0:
		if err := os.Chmod(path, 0o600); err != nil {
			return nil, fmt.Errorf("close store %s to other users: %w", path, err)
		}
	}
	return open(path, o, false)
}

// OpenReadOnly opens a store that exists, for looking at it alone. Several
// processes can do so at a time, a copy on a read-only file system will do,
// and nothing is migrated or written; but a process that has the store open
// for writing excludes all others, and the other way round. It fails as Open
// does, and with fs.ErrNotExist where there is no store.
func OpenReadOnly(path string, o Options) (*Store, error) {
	if _, err := os.Stat(path); err != nil {
		return nil, fmt.Errorf("open store: %w", err)
	}
	return open(path, o, true)
}

func open(path string, o Options, readOnly bool) (*Store, error) {
	db, err := openBolt(path, o, readOnly)
	if err != nil {
		return nil, err
	}
	s := &Store{db: db, path: path}
	err = guard(path, func() error {
		if readOnly {
			if err := checkSchema(db, path, migrations()); err != nil {
				return err
			}
		} else if err := migrate(db, path, migrations()); err != nil {
			return err
		}
		return s.load()
	})
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// openBolt opens the file that is at path once it is ours. Compact may have put
// another in its place while we waited for the lock of the first.
func openBolt(path string, o Options, readOnly bool) (*bolt.DB, error) {
	for {
		db, opened, err := openFile(path, o, readOnly)
		if err != nil {
			return nil, err
		}
		there, err := os.Stat(path)
		if err == nil && os.SameFile(there, opened) {
			return db, nil
		}
		if err := errors.Join(err, db.Close()); err != nil {
			return nil, fmt.Errorf("open store: %w", err)
		}
	}
}

// openFile opens the file and makes sure that it is all there. bbolt itself
// panics, or touches pages behind the file's end, on some damaged files.
func openFile(path string, o Options, readOnly bool) (_ *bolt.DB, opened fs.FileInfo, err error) {
	if err := checkFile(path); err != nil {
		return nil, nil, err
	}
	timeout := o.Timeout
	if timeout == 0 {
		timeout = DefaultTimeout
	}
	var file *os.File
	var db *bolt.DB
	err = guard(path, func() (err error) {
		db, err = bolt.Open(path, 0o600, &bolt.Options{
			Timeout:  timeout,
			ReadOnly: readOnly,
			// Also where nothing is written: so that a broken list is found here.
			PreLoadFreelist: true,
			PageSize:        pageSize,
			FreelistType:    bolt.FreelistMapType,
			InitialMmapSize: mapSize(path, readOnly),
			OpenFile: func(name string, flag int, mode fs.FileMode) (f *os.File, err error) {
				file, err = os.OpenFile(name, flag, mode)
				return file, err
			},
		})
		return err
	})
	if err != nil {
		return nil, nil, openError(path, file, err)
	}
	if err := checkWhole(db, path, file); err != nil {
		return nil, nil, errors.Join(err, db.Close())
	}
	if opened, err = file.Stat(); err != nil {
		return nil, nil, errors.Join(fmt.Errorf("open store: %w", err), db.Close())
	}
	return db, opened, nil
}

// openError says why bbolt did not open the file, and lets go of it.
func openError(path string, file *os.File, err error) error {
	var damaged *DamagedError
	var system syscall.Errno
	switch {
	case errors.Is(err, bolterrors.ErrTimeout):
		return inUse(path)
	case errors.As(err, &damaged):
		// bbolt fell over half way. The mapping that it leaves behind would
		// keep the lock, even with the file closed.
		if file != nil {
			unlock(file)
			_ = file.Close()
		}
		return err
	case errors.As(err, &system):
		return fmt.Errorf("open store: %w", err)
	}
	return &DamagedError{Path: path, Err: err}
}

// mapSize returns the size to map the file at path with; 0 leaves it to bbolt.
func mapSize(path string, readOnly bool) int {
	info, err := os.Stat(path)
	if err != nil || readOnly || strconv.IntSize < 64 {
		return 0
	}
	return int(max(reserved, 2*info.Size()))
}

// checkFile refuses what bbolt would take for a new store.
func checkFile(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return fmt.Errorf("open store: %w", err)
	}
	if !info.Mode().IsRegular() {
		return fmt.Errorf("open store: %s is not a file but %s", path, info.Mode().Type())
	}
	if info.Size() == 0 {
		return &DamagedError{Path: path, Err: errors.New("the file is empty")}
	}
	return nil
}

// checkWhole compares the length of the file with the one that its last
// transaction left.
func checkWhole(db *bolt.DB, path string, file *os.File) error {
	return guard(path, func() error {
		return db.View(func(tx *bolt.Tx) error {
			info, err := file.Stat()
			if err != nil {
				return fmt.Errorf("open store: %w", err)
			}
			if info.Size() < tx.Size() {
				return &DamagedError{Path: path, Err: fmt.Errorf(
					"the file has %d bytes of at least %d: its end is cut off", info.Size(), tx.Size())}
			}
			return nil
		})
	})
}

// create makes a new store under another name and gives it its own when it is
// whole, so that a process killed meanwhile leaves no half store behind.
func create(path string) error {
	folder := filepath.Dir(path)
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	return publish(path, func(f *os.File) error {
		db, err := bolt.Open(f.Name(), 0o600, &bolt.Options{
			Timeout: DefaultTimeout, PageSize: pageSize, FreelistType: bolt.FreelistMapType,
		})
		if err != nil {
			return err
		}
		return errors.Join(migrateFrom(db, 0, migrations()), db.Close())
	})
}

// Path returns where the store is.
func (s *Store) Path() string { return s.path }

// Size returns the length of the store's file in bytes.
func (s *Store) Size() (int64, error) {
	info, err := os.Stat(s.path)
	if err != nil {
		return 0, fmt.Errorf("size of store: %w", err)
	}
	return info.Size(), nil
}

// Close lets go of the store once its readers and its writer are done. A
// second Close does nothing.
func (s *Store) Close() error {
	if err := s.db.Close(); err != nil {
		return fmt.Errorf("close store %s: %w", s.path, err)
	}
	return nil
}

// view runs fn in a read transaction. What fn takes out of it must be copied.
func (s *Store) view(fn func(t *reading) error) error {
	return guard(s.path, func() error {
		return s.db.View(func(tx *bolt.Tx) error {
			return fn(&reading{tx: tx, book: s.book.Load()})
		})
	})
}

// reading is a read transaction with the book that fits it.
type reading struct {
	tx   *bolt.Tx
	book *book
}

// bucket returns a bucket of the schema.
func (t *reading) bucket(name string) *bolt.Bucket { return mustBucket(t.tx, name) }

// mustBucket returns a bucket that the migrations made. That it is gone can
// only be damage, which guard reports.
func mustBucket(tx *bolt.Tx, name string) *bolt.Bucket {
	b := tx.Bucket([]byte(name))
	if b == nil {
		panic(fmt.Sprintf("the bucket %q is missing", name))
	}
	return b
}

// guard runs fn, which touches the mapped file, and turns what bbolt does on a
// damaged one, panics and memory faults, into a *DamagedError.
func guard(path string, fn func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if r := recover(); r != nil {
			err = &DamagedError{Path: path, Err: fmt.Errorf("%v", r)}
		}
	}()
	return fn()
}
