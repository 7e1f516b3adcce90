package web

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"net/http"
	"path"
)

//go:embed static
var assets embed.FS

// assetTypes are the files that are served, by name.
var assetTypes = map[string]string{
	"style.css": "text/css; charset=utf-8", "live.js": "text/javascript; charset=utf-8", "icon.svg": "image/svg+xml",
}

// assetPath is the address of a file with its digest, so that a new one is taken at once and an old one kept for good.
func assetPath(name string) string { return "/static/" + name + "?" + assetDigests[name] }

var assetDigests = func() map[string]string {
	out := map[string]string{}
	for name := range assetTypes {
		body, err := assets.ReadFile(path.Join("static", name))
		if err != nil {
			panic("web: " + err.Error())
		}
		sum := sha256.Sum256(body)
		out[name] = hex.EncodeToString(sum[:6])
	}
	return out
}()

// static serves what is public: it tells nothing of anybody.
func (s *site) static(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("name")
	kind, ok := assetTypes[name]
	if !ok {
		http.NotFound(w, r)
		return
	}
	body, err := assets.ReadFile(path.Join("static", name))
	if err != nil {
		http.NotFound(w, r)
		return
	}
	h := w.Header()
	h.Set("Content-Type", kind)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-cache")
	if r.URL.RawQuery == assetDigests[name] {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	_, _ = w.Write(body)
}
