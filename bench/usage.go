package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// cpuOf is the processor time that a process and its ended children have used.
func cpuOf(pid int) (time.Duration, error) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, err
	}
	return ticks(stat, 11, 12, 13, 14), nil
}

// cpuOfTree adds the living children, for PostgreSQL's back ends.
func cpuOfTree(pid int) (time.Duration, error) {
	total, err := cpuOf(pid)
	if err != nil {
		return 0, err
	}
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		return 0, err
	}
	for _, path := range stats {
		stat, err := os.ReadFile(path)
		if err != nil {
			continue // it ended meanwhile
		}
		if fields := statFields(stat); len(fields) > 1 && fields[1] == strconv.Itoa(pid) {
			total += ticks(stat, 11, 12)
		}
	}
	return total, nil
}

// statFields are the fields of /proc/PID/stat after the name, so 0 is the state (proc(5)).
func statFields(stat []byte) []string {
	return strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
}

func ticks(stat []byte, fields ...int) time.Duration {
	all := statFields(stat)
	var sum int64
	for _, f := range fields {
		n, _ := strconv.ParseInt(all[f], 10, 64)
		sum += n
	}
	return time.Duration(sum) * 10 * time.Millisecond
}

// peakOf is the largest resident memory of a process so far, in MB of 2^20 bytes.
func peakOf(pid int) (float64, error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(status)) {
		if kb, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			n, err := strconv.ParseFloat(strings.TrimSuffix(strings.TrimSpace(kb), " kB"), 64)
			return n / 1024, err
		}
	}
	return 0, fmt.Errorf("process %d tells no peak", pid)
}
