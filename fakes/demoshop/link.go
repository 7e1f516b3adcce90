package demoshop

import (
	"net/url"
	"strconv"
	"strings"
)

// pageLink writes the Link header as the shop does: the parameters in the
// order they came, page in its place or last, booleans as 1.
func pageLink(base, raw string, l *listing, total int, extra []string) string {
	pages := pagesOf(total, l.per)
	var links []string
	if l.page > 1 {
		links = append(links, "<"+base+"?"+withPage(raw, min(l.page-1, pages), extra)+`>; rel="prev"`)
	}
	if l.page < pages {
		links = append(links, "<"+base+"?"+withPage(raw, l.page+1, extra)+`>; rel="next"`)
	}
	return strings.Join(links, ", ")
}

func withPage(raw string, page int, extra []string) string {
	var parts []string
	placed := false
	for pair := range strings.SplitSeq(raw, "&") {
		name, value, _ := strings.Cut(pair, "=")
		n, err := url.QueryUnescape(name)
		if err != nil || n == "" {
			continue
		}
		v, err := url.QueryUnescape(value)
		if err != nil {
			continue
		}
		switch {
		case n == "page":
			placed = true
			v = strconv.Itoa(page)
		case n == "dates_are_gmt":
			if v = ""; truth(url.Values{n: {value}}, n) {
				v = "1"
			}
		case extra != nil && (n == "status" || strings.HasPrefix(n, "status[") || n == "dp" || n == "context"):
			continue
		}
		parts = append(parts, url.QueryEscape(n)+"="+url.QueryEscape(v))
	}
	parts = append(parts, extra...)
	if !placed {
		parts = append(parts, "page="+strconv.Itoa(page))
	}
	return strings.Join(parts, "&")
}
