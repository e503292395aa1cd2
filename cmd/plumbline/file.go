package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// writeWhole writes a file that is there whole or not at all: under another
// name first, and under its own once all of it is on disk. What is no regular
// file, a pipe or a device, is written to as it stands.
func writeWhole(path string, mode fs.FileMode, write func(io.Writer) error) (err error) {
	if info, e := os.Stat(path); e == nil && !info.Mode().IsRegular() {
		return writeThrough(path, write)
	}
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".part-*")
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("writing %s: there is no folder %s: make it, or choose another", path, filepath.Dir(path))
	}
	if err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	defer func() {
		_ = f.Close()           // it has been synced by then, or is of no use
		_ = os.Remove(f.Name()) // it is gone where all went well
	}()
	if err := write(f); err != nil {
		return explainFull(path, err)
	}
	if err := errors.Join(f.Chmod(mode), f.Sync()); err != nil {
		return explainFull(path, err)
	}
	if err := errors.Join(os.Rename(f.Name(), path), syncFolder(filepath.Dir(path))); err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	return nil
}

// syncFolder makes the names in a folder last over a power cut.
func syncFolder(folder string) error {
	d, err := os.Open(folder)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

func writeThrough(path string, write func(io.Writer) error) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	if err := write(f); err != nil {
		_ = f.Close() // the error before it says more
		return explainFull(path, err)
	}
	return f.Close()
}

// explainFull says where the room is lacking, and the mend.
func explainFull(path string, err error) error {
	var own *fs.PathError
	switch {
	case errors.Is(err, syscall.ENOSPC):
		return fmt.Errorf("writing %s: %w: nothing is left of it; make room or choose another folder", path, err)
	case errors.As(err, &own):
		return fmt.Errorf("writing %s: %w", path, err)
	}
	return err
}
