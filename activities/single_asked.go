package activities

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/connectors/rest"
	"github.com/koppel-io/koppel/store"
)

// singlesAsked is the position of a single run in one stream: the keys that the
// stream was asked for, as the run names them.
type singlesAsked struct {
	Found   []string `json:"found,omitempty"`
	Missing []string `json:"missing,omitempty"`
	// Said is what the remote answered instead of a plain "not there".
	Said string `json:"said,omitempty"`
}

func askedOf(scan store.Scan) (asked singlesAsked, err error) {
	if scan.Resume == nil {
		return asked, nil
	}
	return asked, koppel.Wrap("resume singles of "+scan.Stream, json.Unmarshal(scan.Resume, &asked))
}

func (a *singlesAsked) resume() (json.RawMessage, error) {
	text, err := json.Marshal(a)
	return text, koppel.Wrap("keep the keys asked for", err)
}

func (a *singlesAsked) has(key string) bool {
	return slices.Contains(a.Found, key) || slices.Contains(a.Missing, key)
}

func (a *singlesAsked) miss(key string, err error) {
	a.Missing = append(a.Missing, key)
	if err != nil && !errors.Is(err, rest.ErrGone) && a.Said == "" {
		a.Said = koppel.DetailOf(err)
	}
}

// kindOfKey says as what a run names a key.
func kindOfKey(keys store.RunKeys, key string) store.KeyKind {
	switch {
	case slices.Contains(keys.RemoteIDs, key):
		return store.ByRemoteID
	case slices.Contains(keys.SKUs, key):
		return store.BySKU
	case slices.Contains(keys.EANs, key):
		return store.ByEAN
	default:
		return store.ByNumber
	}
}

// unfound weighs a single run's keys over its streams: which of them no stream
// knew. A person asked for exactly these, so each counts.
func unfound(run store.Run, scans []store.Scan) (none bool, missing, said string, err error) {
	found := map[string]bool{}
	for _, scan := range scans {
		asked, err := askedOf(scan)
		if err != nil {
			return false, "", "", err
		}
		for _, key := range asked.Found {
			found[key] = true
		}
		if said == "" {
			said = asked.Said
		}
	}
	none = len(found) == 0
	var lost []string
	for _, key := range slices.Concat(run.Keys.RemoteIDs, run.Keys.SKUs, run.Keys.EANs, run.Keys.Numbers) {
		if !found[key] {
			lost, found[key] = append(lost, key), true
		}
	}
	return none, sentence(lost), said, nil
}

// keysNamed is how many keys a sentence names before it counts the rest.
const keysNamed = 20

func sentence(keys []string) string {
	if len(keys) <= keysNamed {
		return strings.Join(keys, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(keys[:keysNamed], ", "), len(keys)-keysNamed)
}
