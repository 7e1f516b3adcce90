package main

import (
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// curl is the name under which the test program stands in for the program of that name, as far as README.md uses it:
// a machine that has Go need not have curl.
const curl = "curl"

// provideCurl makes a directory with the stand-in.
func provideCurl(t *testing.T) string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.Symlink(self, filepath.Join(dir, curl)); err != nil {
		t.Fatal(err)
	}
	return dir
}

// beCurl sends one request and prints the answer. Unlike curl it fails on an answer that is an error.
func beCurl(args []string) int {
	flags := flag.NewFlagSet(curl, flag.ContinueOnError)
	data, header := flags.String("d", "", "body"), flags.String("H", "", "header")
	flags.Bool("s", false, "silent")
	// The flag package stops at the address, which may stand before the flags.
	var address string
	for rest := args; len(rest) > 0; rest = flags.Args() {
		if !strings.HasPrefix(rest[0], "-") {
			address, rest = rest[0], rest[1:]
		}
		if err := flags.Parse(rest); err != nil {
			return 2
		}
	}
	if err := fetch(address, *data, *header); err != nil {
		fmt.Fprintln(os.Stderr, "curl:", err)
		return 1
	}
	return 0
}

func fetch(address, data, header string) error {
	method := http.MethodGet
	if data != "" {
		method = http.MethodPost
	}
	req, err := http.NewRequest(method, address, strings.NewReader(data))
	if err != nil {
		return err
	}
	if name, value, ok := strings.Cut(header, ":"); ok {
		req.Header.Set(name, strings.TrimSpace(value))
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if _, err := io.Copy(os.Stdout, res.Body); err != nil {
		return err
	}
	if res.StatusCode >= http.StatusBadRequest {
		return fmt.Errorf("%s answers %s", address, res.Status)
	}
	return nil
}
