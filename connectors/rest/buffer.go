package rest

import (
	"io"
	"sync"
)

// body is a response body in a pooled buffer.
type body struct{ data []byte }

const (
	firstBuffer = 64 << 10
	// keepBuffer is the largest buffer that goes back to the pool.
	keepBuffer = 8 << 20
)

var bodies = sync.Pool{New: func() any { return &body{data: make([]byte, 0, firstBuffer)} }}

// readBody reads from r up to limit bytes; over reports that there was more.
func readBody(r io.Reader, limit int64) (b *body, over bool, err error) {
	b = bodies.Get().(*body)
	b.data = b.data[:0]
	for {
		if len(b.data) == cap(b.data) {
			b.data = append(b.data, 0)[:len(b.data)]
		}
		room := b.data[len(b.data):cap(b.data)]
		if left := limit + 1 - int64(len(b.data)); int64(len(room)) > left {
			room = room[:left]
		}
		n, err := r.Read(room)
		b.data = b.data[:len(b.data)+n]
		if int64(len(b.data)) > limit {
			return b, true, nil
		}
		if err == io.EOF {
			return b, false, nil
		}
		if err != nil {
			return b, false, err
		}
	}
}

// release gives the buffer back; the body must not be used afterwards.
func (b *body) release() {
	if b == nil {
		return
	}
	if cap(b.data) <= keepBuffer {
		bodies.Put(b)
	}
}
