package picqer

import (
	"net/http"
	"strconv"
)

// spoilBefore is the answer of a fault that lets nothing happen.
func spoilBefore(f *Fault) answer {
	switch f.Kind {
	case RateLimit:
		return tooMany()
	case Unauthorized:
		return refuse(http.StatusUnauthorized, 1, "Invalid API key")
	}
	return serverError(f.Status)
}

func serverError(status int) answer {
	if status == 0 {
		status = http.StatusInternalServerError
	}
	if status == http.StatusInternalServerError {
		return refuse(status, 99, "Something went wrong on our side")
	}
	page := strconv.Itoa(status) + " " + http.StatusText(status)
	return answer{status: status, ctype: "text/html", body: []byte("<html><head><title>" + page + "</title></head><body><center><h1>" + page + "</h1></center></body></html>\n")}
}
