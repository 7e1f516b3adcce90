package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/spf13/cobra"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/client"
)

// defaultURL is where koppel server listens when nothing else is said.
const defaultURL = "http://127.0.0.1:8080"

// profileFlags say which API is spoken to, and with which key.
type profileFlags struct{ name, url, key string }

func (f *profileFlags) add(cmd *cobra.Command) {
	flags := cmd.PersistentFlags()
	flags.StringVar(&f.name, "profile", "", "name of the profile in ~/.config/koppel/config.yaml, or another such file, FILE.yaml (KOPPEL_PROFILE)")
	flags.StringVar(&f.url, "url", "", "address of the API (KOPPEL_URL); "+defaultURL+" when nothing says another")
	flags.StringVar(&f.key, "key", "", "API key (KOPPEL_KEY); the environment or a key_file keeps it out of the process list")
}

// profileFile is ~/.config/koppel/config.yaml.
type profileFile struct {
	// Profile is the one that is used when none is named.
	Profile  string             `yaml:"profile"`
	Profiles map[string]profile `yaml:"profiles"`
}

type profile struct {
	URL string        `yaml:"url"`
	Key koppel.Secret `yaml:"key"`
	// KeyFile holds the key, so that the profile itself holds no secret.
	KeyFile string `yaml:"key_file"`
}

// api is a client for what flags, environment and profile say, in that order.
func (p *program) api() (*client.Client, error) {
	from, err := p.readProfile()
	if err != nil {
		return nil, err
	}
	config := client.Config{URL: from.URL, Key: from.Key, UserAgent: "koppel/" + version}
	if config.URL == "" {
		config.URL = defaultURL
	}
	return client.New(config)
}

// readProfile lays flags over the environment over the profile file.
func (p *program) readProfile() (profile, error) {
	flags := p.profile
	url, key := first(flags.url, p.env["KOPPEL_URL"]), first(flags.key, p.env["KOPPEL_KEY"])
	name := first(flags.name, p.env["KOPPEL_PROFILE"])
	var from profile
	if name != "" || url == "" || key == "" {
		var err error
		if from, err = p.profileNamed(name); err != nil {
			return profile{}, err
		}
	}
	switch {
	case url != "" && from.URL != "" && strings.TrimSuffix(url, "/") != strings.TrimSuffix(from.URL, "/"):
		// A key belongs to its server and goes to no other.
		from = profile{URL: url}
	case url != "":
		from.URL = url
	}
	if key != "" {
		from.Key, from.KeyFile = koppel.NewSecret(key), ""
	}
	return p.withKeyFile(from)
}

func (p *program) withKeyFile(from profile) (profile, error) {
	if !from.Key.IsZero() || from.KeyFile == "" {
		return from, nil
	}
	text, err := os.ReadFile(p.expand(from.KeyFile))
	if err != nil {
		return profile{}, koppel.E(koppel.KindInvalidRequest, "read profile", "key_file: "+err.Error())
	}
	from.Key = koppel.NewSecret(strings.TrimSpace(string(text)))
	return from, nil
}

// profileNamed finds a profile; "" is the file's default one, or none, and the
// path of another profile file (it ends in .yaml) is that file's default one.
func (p *program) profileNamed(name string) (profile, error) {
	path, named := p.configPath(), name != ""
	if strings.HasSuffix(name, ".yaml") {
		path, name = p.expand(name), ""
	}
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) && !named {
		return profile{}, nil
	}
	if err != nil {
		return profile{}, koppel.E(koppel.KindInvalidRequest, "read profile", err.Error())
	}
	var file profileFile
	if err := yaml.NewDecoder(bytes.NewReader(text), yaml.Strict()).Decode(&file); err != nil {
		return profile{}, koppel.E(koppel.KindInvalidRequest, "read profile", path+": "+yaml.FormatError(err, false, false))
	}
	if name = first(name, file.Profile); name == "" {
		return profile{}, nil
	}
	from, ok := file.Profiles[name]
	if !ok {
		return profile{}, koppel.E(koppel.KindInvalidRequest, "read profile",
			fmt.Sprintf("%s has no profile %q; it has: %s", path, name, strings.Join(slices.Sorted(maps.Keys(file.Profiles)), ", ")))
	}
	return from, nil
}

func (p *program) configPath() string {
	dir := p.env["XDG_CONFIG_HOME"]
	if dir == "" {
		dir = filepath.Join(p.env["HOME"], ".config")
	}
	return filepath.Join(dir, "koppel", "config.yaml")
}

func (p *program) expand(path string) string {
	if rest, ok := strings.CutPrefix(path, "~/"); ok {
		return filepath.Join(p.env["HOME"], rest)
	}
	return path
}

// first is the first text that is not empty.
func first(texts ...string) string {
	for _, text := range texts {
		if text != "" {
			return text
		}
	}
	return ""
}
