package store

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// ticksPerSecond is the unit of /proc/PID/stat: USER_HZ, which is 100 on every
// architecture that Go runs on.
const ticksPerSecond = 100

// inUse finds out which process holds the lock on the store.
func inUse(path string) *InUseError {
	e := &InUseError{Path: path}
	info, err := os.Stat(path)
	if err != nil {
		return e
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return e
	}
	locks, err := os.ReadFile("/proc/locks")
	if err != nil {
		return e
	}
	for _, pid := range lockHolders(string(locks), stat.Ino) {
		if hasOpen(pid, info) {
			e.PID, e.Command, e.Running = pid, commandOf(pid), runningFor(pid)
			return e
		}
	}
	return e
}

// lockHolders returns the processes that hold a lock of the whole-file kind on
// an inode, by the text of /proc/locks:
//
//	1: FLOCK  ADVISORY  WRITE 1234 08:01:131090 0 EOF
//
// The device is not compared: some file systems show one there and another to
// stat.
func lockHolders(locks string, inode uint64) []int {
	var pids []int
	for line := range strings.Lines(locks) {
		f := strings.Fields(line)
		if len(f) < 6 || f[1] != "FLOCK" {
			continue
		}
		place := strings.Split(f[5], ":")
		ino, err := strconv.ParseUint(place[len(place)-1], 10, 64)
		if err != nil || ino != inode {
			continue
		}
		if pid, err := strconv.Atoi(f[4]); err == nil && pid > 0 {
			pids = append(pids, pid)
		}
	}
	return pids
}

// hasOpen reports whether a process has the file open. Where its descriptors
// may not be looked at, the inode's number has to do.
func hasOpen(pid int, file os.FileInfo) bool {
	folder := filepath.Join("/proc", strconv.Itoa(pid), "fd")
	fds, err := os.ReadDir(folder)
	if err != nil {
		return os.IsPermission(err)
	}
	for _, fd := range fds {
		if info, err := os.Stat(filepath.Join(folder, fd.Name())); err == nil && os.SameFile(info, file) {
			return true
		}
	}
	return false
}

// commandOf returns the program and its command, and no other argument: those
// may hold what is nobody's business.
func commandOf(pid int) string {
	b, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "cmdline"))
	if err != nil || len(b) == 0 {
		return ""
	}
	args := strings.Split(strings.TrimRight(string(b), "\x00"), "\x00")
	command := filepath.Base(args[0])
	if len(args) > 1 && isWord(args[1]) {
		command += " " + args[1]
	}
	return command
}

func isWord(s string) bool {
	return s != "" && len(s) <= 16 && strings.Trim(s, "abcdefghijklmnopqrstuvwxyz") == ""
}

// runningFor returns how long a process has been running, 0 where unknown.
func runningFor(pid int) time.Duration {
	stat, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
	if err != nil {
		return 0
	}
	uptime, err := os.ReadFile("/proc/uptime")
	if err != nil {
		return 0
	}
	// The second field is the name in parentheses and may hold anything; the
	// start is the 22nd, so the 20th behind it.
	_, rest, _ := strings.Cut(string(stat[strings.LastIndexByte(string(stat), ')')+1:]), " ")
	f, up := strings.Fields(rest), strings.Fields(string(uptime))
	if len(f) < 20 || len(up) == 0 {
		return 0
	}
	start, err1 := strconv.ParseFloat(f[19], 64)
	now, err2 := strconv.ParseFloat(up[0], 64)
	if err1 != nil || err2 != nil || now*ticksPerSecond < start {
		return 0
	}
	return time.Duration((now - start/ticksPerSecond) * float64(time.Second))
}

// unlock lets go of the lock that bbolt took.
func unlock(f *os.File) { _ = syscall.Flock(int(f.Fd()), syscall.LOCK_UN) }
