package bol

import (
	"net/http"
	"strconv"
	"time"

	"github.com/koppel-io/koppel/fakes/mischief"
)

// spoilBefore is the answer of a fault that lets nothing happen.
func (a *Account) spoilBefore(f *Fault) answer {
	var an answer
	switch f.Kind {
	case RateLimit:
		an = tooMany(max(f.RetryAfter, 1))
	case Unauthorized:
		an = problem(http.StatusUnauthorized, "Expired JWT", "JWT expired at "+a.cfg.Now().UTC().Format(time.RFC3339))
	case Challenge:
		an = htmlPage(orStatus(f.Status, http.StatusForbidden), "Just a moment...")
	default:
		an = serverError(f.Status)
	}
	if f.RetryAfter > 0 {
		an.header = http.Header{"Retry-After": {strconv.Itoa(f.RetryAfter)}}
	}
	return an
}

func orStatus(status, def int) int {
	if status == 0 {
		return def
	}
	return status
}

// serverError is a problem for 500, a page of the gateway for the others.
func serverError(status int) answer {
	if status = orStatus(status, http.StatusInternalServerError); status == http.StatusInternalServerError {
		return problem(status, "Internal Server Error", "An unexpected error occurred.")
	}
	return htmlPage(status, strconv.Itoa(status)+" "+http.StatusText(status))
}

func htmlPage(status int, title string) answer {
	return answer{status: status, ctype: "text/html", body: []byte("<html>\r\n<head><title>" + title + "</title></head>\r\n<body>\r\n<center><h1>" + title + "</h1></center>\r\n</body>\r\n</html>\r\n")}
}

// spoilAfter answers what was done already, badly.
func (a *Account) spoilAfter(w http.ResponseWriter, c *call, rt route, an answer, f *Fault) {
	count := func(status int) { a.note(c, rt, status, an.effect, f.Kind) }
	switch f.Kind {
	case ErrorAfter:
		bad := serverError(f.Status)
		count(bad.status)
		bad.write(w)
	case HangAfter:
		count(0)
		mischief.Hang(c.r, a.closed, f)
	case Truncate:
		count(an.status)
		mischief.Cut(w, f, an.body, func(w http.ResponseWriter, body []byte) {
			an.body = body
			an.write(w)
		})
	default: // The others have had their effect.
		count(an.status)
		an.write(w)
	}
}
