package app

import (
	"path/filepath"
	"testing"
)

func FuzzUnpackGoals(f *testing.F) {
	args, err := PreviewArgs(filepath.Join("..", "..", "config", "goals"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(args.Get("goals"))
	f.Add("")
	f.Add("H4sIAAAAAAAA_w")
	f.Fuzz(func(t *testing.T, packed string) {
		goals, err := unpackGoals(packed)
		if (goals == nil) == (err == nil) {
			t.Fatalf("goals %v, error %v", goals, err)
		}
	})
}
