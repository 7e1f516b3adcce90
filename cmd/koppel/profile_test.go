package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// home writes a profile file and returns the environment that leads to it.
func home(t *testing.T, config string) []string {
	t.Helper()
	dir := t.TempDir()
	write(t, filepath.Join(dir, ".config", "koppel", "config.yaml"), config)
	return []string{"HOME=" + dir}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestFlagsBeforeEnvironmentBeforeProfile(t *testing.T) {
	t.Parallel()
	server := newContract(t)
	env := home(t, "profile: good\nprofiles:\n  good: { url: "+server.URL+", key_file: ~/key }\n  bad: { url: "+server.URL+", key: kpl_wrong }\n  away: { url: http://127.0.0.1:1, key: "+testKey+" }\n")
	write(t, filepath.Join(strings.TrimPrefix(env[0], "HOME="), "key"), testKey+"\n")
	for _, c := range []struct {
		name string
		env  []string
		args []string
		code int
	}{
		{"default profile", nil, nil, exitOK},
		{"named by flag", nil, []string{"--profile", "bad"}, exitRefused},
		{"named by environment", []string{"KOPPEL_PROFILE=bad"}, nil, exitRefused},
		{"flag before environment", []string{"KOPPEL_PROFILE=bad"}, []string{"--profile", "good"}, exitOK},
		{"key of the environment", []string{"KOPPEL_KEY=kpl_wrong"}, nil, exitRefused},
		{"key of the flag", []string{"KOPPEL_KEY=kpl_wrong"}, []string{"--key", testKey}, exitOK},
		{"url of the profile", nil, []string{"--profile", "away"}, exitUnreachable},
		{"url of the environment", []string{"KOPPEL_URL=" + server.URL, "KOPPEL_KEY=" + testKey}, []string{"--profile", "away"}, exitOK},
		{"a key goes to no other server", []string{"KOPPEL_URL=" + server.URL}, []string{"--profile", "away"}, exitRefused},
		{"unknown profile", nil, []string{"--profile", "none"}, exitUsage},
		{"no address", nil, []string{"--url", "koppel"}, exitUsage},
	} {
		r := koppelWith(t.Context(), append(env, c.env...), "", append([]string{"webshop", "list"}, c.args...)...)
		if r.code != c.code {
			t.Errorf("%s: exit code %d, want %d: %s", c.name, r.code, c.code, r.err)
		}
	}
}

func TestProfileFileIsStrict(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"profils: {}\n": "profils", "profile: x\n": `no profile "x"`, "profiles: { a: { url: x, key_fil: y } }\n": "key_fil",
		"profile: a\nprofiles: { a: { url: 'http://x', key_file: /none/such } }\n": "key_file",
	} {
		r := koppelWith(t.Context(), home(t, text), "", "webshop", "list")
		if r.code != exitUsage || !strings.Contains(r.err, want) {
			t.Errorf("%q: exit code %d, said %q, want %q", text, r.code, r.err, want)
		}
	}
}

func TestKeyOfAProfileIsNeverPrinted(t *testing.T) {
	t.Parallel()
	env := home(t, "profile: a\nprofiles:\n  a: { url: 'http://127.0.0.1:1', key: kpl_hush-hush, nonsense: 1 }\n")
	r := koppelWith(t.Context(), env, "", "webshop", "list")
	if r.code != exitUsage || strings.Contains(r.err, "hush") {
		t.Errorf("exit code %d, said %q", r.code, r.err)
	}
}
