package connectors

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/connectors/rest"
)

// TestAcceptance is what every built-in connector passes.
func TestAcceptance(t *testing.T) {
	t.Parallel()
	for _, name := range builtinNames(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			source, err := ReadSource(name)
			if err != nil {
				t.Fatal(err)
			}
			c, err := Compile(source)
			if err != nil {
				t.Fatal(err)
			}
			results, err := Golden(t.Context(), name, false)
			if err != nil {
				t.Fatal(err)
			}
			s := &suite{T: t, c: c, dir: name, results: results}
			t.Run("manifest", s.manifest)
			t.Run("streams", s.streams)
			t.Run("objects", s.objects)
			t.Run("exercised", s.exercised)
			t.Run("documents", s.documents)
			t.Run("logo", s.logo)
		})
	}
}

type suite struct {
	*testing.T
	c       *Connector
	dir     string
	results []GoldenResult
}

func (s *suite) manifest(t *testing.T) {
	m := s.c.Manifest
	if m.Connector != s.dir {
		t.Errorf("connector %s lies in the folder %s", m.Connector, s.dir)
	}
	if m.HTTP.Check == nil {
		t.Error("http.check is missing: how are credentials proved?")
	}
	if len(m.HTTP.Responses) == 0 {
		t.Error("http.responses is missing: what do refusals mean?")
	}
	for _, setting := range slices.Concat([]koppel.Setting(m.Credentials), []koppel.Setting(m.Settings)) {
		if err := CheckValue(setting, jsonOf(setting.Default)); setting.Default != nil && err != nil {
			t.Errorf("the default of %s %v", setting.Name, err)
		}
	}
	for _, common := range CommonSettings() {
		for _, own := range m.Settings {
			if own.Name == common.Name && own.Type != common.Type {
				t.Errorf("setting %s is %s, everywhere else %s", own.Name, own.Type, common.Type)
			}
		}
	}
}

// jsonOf is a default as it looks when it comes from JSON.
func jsonOf(value any) any {
	texts, ok := value.([]string)
	if !ok {
		return value
	}
	list := make([]any, len(texts))
	for i, text := range texts {
		list[i] = text
	}
	return list
}

func (s *suite) streams(t *testing.T) {
	for _, object := range s.c.Mapping.Objects() {
		for _, name := range s.c.Mapping.From(object) {
			if s.c.Manifest.Stream(name) == nil {
				t.Errorf("%s are mapped from %s, which is no stream", object, name)
			} else if s.c.Manifest.Shape(name) == nil {
				t.Errorf("stream %s has no shape, so that a typing slip in the mapping shows only when it runs", name)
			}
		}
	}
	for _, stream := range s.c.Manifest.Streams {
		if !s.serves(stream.Name) {
			t.Errorf("stream %s is read and nothing is made of it", stream.Name)
		}
		if stream.Page.Guard && stream.Total == nil {
			t.Errorf("stream %s counts rows and has no total to hold them against", stream.Name)
		}
		for _, member := range stream.Volatile {
			for _, program := range s.c.Mapping.ByStream(stream.Name) {
				for _, field := range program.Fields() {
					if slices.Contains(field.Reads, "record."+member) {
						t.Errorf("%s reads %s, whose changes are not seen: it is volatile", field.Field, member)
					}
				}
			}
		}
	}
}

// serves reports whether something is made of a stream: objects of its records
// or of those they are joined to, or it tells of deletions.
func (s *suite) serves(name string) bool {
	for _, object := range s.c.Mapping.Objects() {
		if slices.Contains(s.c.Mapping.Reads(object), name) {
			return true
		}
	}
	return slices.ContainsFunc(s.c.Manifest.Streams, func(other *rest.Stream) bool {
		return other.ParentStream() == name || slices.Contains(other.FeedsOf(), name)
	})
}

func (s *suite) objects(t *testing.T) {
	mapped := map[koppel.Object]int{}
	for _, r := range s.results {
		for object, n := range r.Mapped {
			mapped[object] += n
		}
	}
	for _, object := range s.c.Mapping.Objects() {
		if mapped[object] == 0 {
			t.Errorf("no golden case makes %s", object)
		}
	}
}

// exercised lists what the connector declares and no golden case uses.
func (s *suite) exercised(t *testing.T) {
	used := map[string]bool{}
	for _, r := range s.results {
		for _, step := range r.Steps {
			for _, feature := range s.uses(t, step, r.Version) {
				used[feature] = true
			}
		}
	}
	for _, feature := range s.declares(t) {
		if !used[feature] {
			t.Errorf("no golden case exercises: %s", feature)
		}
	}
}

// probes are versions of remotes, one at least for each alternative of any stream.
var probes = []string{"", "5.5.0", "9.0.0", "11.0.1"}

func (s *suite) declares(t *testing.T) []string {
	var features []string
	m := s.c.Manifest
	if m.HTTP.Check != nil {
		features = append(features, "check")
	}
	if m.HTTP.Detect != nil {
		features = append(features, "detect")
	}
	for object, push := range m.Push {
		for _, operation := range []string{rest.PushCreate, rest.PushUpdate, rest.PushCancel, rest.PushSetTo} {
			if push.Can(operation) {
				features = append(features, operation+" "+string(object))
			}
		}
		if push.Find != nil {
			features = append(features, "look up "+string(object))
		}
	}
	for _, declared := range m.Streams {
		for _, version := range probes {
			features = append(features, ofStream(s.stream(t, declared.Name, version))...)
		}
	}
	slices.Sort(features)
	return slices.Compact(features)
}

// ofStream names what a stream can do, by the requests it makes.
func ofStream(s *rest.Stream) []string {
	at := s.Name + " from " + s.Get.Source()
	features := []string{"read " + at, "page kind " + pageKind(s)}
	if s.Since != nil {
		features = append(features, fmt.Sprintf("since of %s by %s", at, s.Since.By))
		if s.Since.Bounded() {
			features = append(features, "until by "+s.Since.By)
		}
	}
	if s.One != nil {
		features = append(features, "one of "+s.Name+" from "+s.One.Get.Source())
	}
	if s.Find != nil {
		for by, find := range finds(s) {
			features = append(features, "find "+s.Name+" by "+by+" from "+find.Get.Source())
		}
	}
	return features
}

func finds(s *rest.Stream) map[string]*rest.FindBy {
	all := map[string]*rest.FindBy{}
	for by, find := range map[string]*rest.FindBy{"sku": s.Find.SKU, "ean": s.Find.EAN, "number": s.Find.Number} {
		if find != nil {
			all[by] = find
		}
	}
	return all
}

func pageKind(s *rest.Stream) string {
	switch {
	case s.Page.Number != "":
		return "number"
	case s.Page.Offset != "":
		return "offset"
	case s.Page.Next != nil:
		return "next"
	case s.Page.Token != nil:
		return "token"
	}
	return "single"
}

// uses names what a step exercises.
func (s *suite) uses(t *testing.T, step GoldenStep, version string) []string {
	switch {
	case step.Check:
		return []string{"check"}
	case step.Detect:
		return []string{"detect"}
	case step.Push != "":
		return []string{step.pushing(step.Push).Operation + " " + step.Push}
	case step.Preview != "":
		return nil
	case step.LookUp != "":
		return []string{"look up " + step.LookUp}
	case step.One != "":
		return []string{"one of " + step.One + " from " + s.stream(t, step.One, version).One.Get.Source()}
	case step.Find != "":
		if find := finds(s.stream(t, step.Find, version))[step.By]; find != nil {
			return []string{"find " + step.Find + " by " + step.By + " from " + find.Get.Source()}
		}
		return nil
	}
	stream := s.stream(t, step.Read, version)
	at := stream.Name + " from " + stream.Get.Source()
	features := []string{"read " + at, "page kind " + pageKind(stream)}
	if (step.Since != "" || step.After != "") && stream.Since != nil {
		features = append(features, fmt.Sprintf("since of %s by %s", at, stream.Since.By))
	}
	if step.Until != "" && stream.Since != nil {
		features = append(features, "until by "+stream.Since.By)
	}
	return features
}

// stream is a stream as it applies to a version of the remote.
func (s *suite) stream(t *testing.T, name, version string) *rest.Stream {
	t.Helper()
	transport, err := rest.NewTransport(rest.TransportConfig{})
	if err != nil {
		t.Fatal(err)
	}
	client, err := rest.NewClient(rest.ClientConfig{
		Manifest: s.c.Manifest, Credentials: goldenCredentials(s.c.Credentials, nil), App: goldenCredentials(s.c.App, nil), Captured: goldenCaptured(s.c, nil),
		Tokens: goldenTokens(s.c, false), Settings: s.c.Defaults(nil), Version: version, Transport: transport,
	})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	stream, err := client.Stream(name)
	if err != nil {
		t.Fatal(err)
	}
	return stream
}

// documents holds the README to naming every setting, and what is and is not handled.
func (s *suite) documents(t *testing.T) {
	raw, err := os.ReadFile(filepath.Join(s.dir, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	text := string(raw)
	for _, section := range []string{"## Quirks", "## Settings", "## Not handled"} {
		if !strings.Contains(text, "\n"+section+"\n") {
			t.Errorf("README.md has no section %s", section)
		}
	}
	for _, setting := range s.c.Manifest.Settings {
		if !strings.Contains(text, "`"+setting.Name+"`") {
			t.Errorf("README.md does not say what `%s` does", setting.Name)
		}
	}
	for _, result := range s.results {
		if len(result.About) < 20 || !strings.HasSuffix(result.About, ".") {
			t.Errorf("%s does not say in a sentence what it shows", result.File)
		}
	}
}

// logo must be a small drawing that loads nothing and runs nothing.
func (s *suite) logo(t *testing.T) {
	file, err := os.Open(filepath.Join(s.dir, "logo.svg"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if info, err := file.Stat(); err != nil || info.Size() > 8<<10 {
		t.Errorf("size %d, more than 8 KiB (%v)", info.Size(), err)
	}
	decoder := xml.NewDecoder(file)
	for root := true; ; {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		element, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		if root && element.Name.Local != "svg" {
			t.Errorf("begins with <%s>", element.Name.Local)
		}
		root = false
		if slices.Contains([]string{"script", "foreignObject", "image", "use", "style", "a"}, element.Name.Local) {
			t.Errorf("<%s> has no place in a logo", element.Name.Local)
		}
		for _, attribute := range element.Attr {
			if attribute.Name.Local == "href" || strings.HasPrefix(attribute.Name.Local, "on") {
				t.Errorf("attribute %s has no place in a logo", attribute.Name.Local)
			}
		}
	}
}
