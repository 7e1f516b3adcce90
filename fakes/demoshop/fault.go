package demoshop

import (
	"net/http"
	"strconv"

	"github.com/koppel-io/koppel/fakes/mischief"
)

// spoilBefore is the answer of a fault that lets nothing happen.
func (s *Shop) spoilBefore(r *http.Request, f *Fault) answer {
	var a answer
	switch f.Kind {
	case RateLimit:
		a = htmlPage(http.StatusTooManyRequests, "429 Too Many Requests")
	case Unauthorized:
		a = *cannot(r)
		a.header = http.Header{"Link": {"<" + origin(r) + `/wp-json/>; rel="https://api.w.org/"`}, "Vary": {"Origin"}}
	case Challenge:
		status := f.Status
		if status == 0 {
			status = http.StatusForbidden
		}
		a = answer{status: status, ctype: "text/html; charset=UTF-8", body: []byte(challengePage)}
	default:
		a = serverError(f.Status)
	}
	if f.RetryAfter > 0 {
		a.header = http.Header{"Retry-After": {strconv.Itoa(f.RetryAfter)}}
	}
	return a
}

// serverError is a PHP fatal error for 500, a page of the web server before
// PHP for the others.
func serverError(status int) answer {
	if status == 0 || status == http.StatusInternalServerError {
		return answer{status: http.StatusInternalServerError, body: []byte(`{"code":"internal_server_error","message":"<p>There has been a critical error on this website.<\/p>","data":{"status":500},"additional_errors":[]}`)}
	}
	return htmlPage(status, strconv.Itoa(status)+" "+http.StatusText(status))
}

func htmlPage(status int, title string) answer {
	return answer{status: status, ctype: "text/html", body: []byte("<html>\r\n<head><title>" + title + "</title></head>\r\n<body>\r\n<center><h1>" + title + "</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n")}
}

const challengePage = `<!DOCTYPE html><html lang="en-US"><head><title>Just a moment...</title><meta name="robots" content="noindex,nofollow"></head><body><h1>Checking if the site connection is secure</h1><p>Enable JavaScript and cookies to continue</p></body></html>`

// spoilAfter answers what was done already, badly.
func (s *Shop) spoilAfter(w http.ResponseWriter, r *http.Request, rt route, a answer, f *Fault) {
	count := func(status int) { s.note(r, rt.pattern, status, a.effect, f.Kind) }
	switch f.Kind {
	case ErrorAfter:
		bad := serverError(f.Status)
		count(bad.status)
		bad.write(w)
	case HangAfter:
		count(0)
		mischief.Hang(r, s.closed, f)
	case Truncate:
		count(a.status)
		mischief.Cut(w, f, a.body, func(w http.ResponseWriter, body []byte) {
			a.body = body
			a.write(w)
		})
	case Notice:
		a.body = append([]byte("<br />\n<b>Notice</b>:  Undefined index: sku in <b>/srv/shop/plugin.php</b> on line <b>12</b><br />\n"), a.body...)
		count(a.status)
		a.write(w)
	case Garbage:
		a.body = mischief.Garble(a.body, `{"id":`, "name")
		count(a.status)
		a.write(w)
	default: // Latency and RepeatPage have had their effect.
		count(a.status)
		a.write(w)
	}
}
