package rest

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"os"
)

// spool keeps a body that is too large to be held at once: up to spoolInMemory
// in memory, what is more in a temporary file that has no name, so that a
// killed process leaves nothing behind.
type spool struct {
	limit  int64
	memory []byte
	file   *os.File
	size   int64
	sum    string
}

const spoolInMemory = 1 << 20

// fill takes the whole body. It fails with errTooLarge beyond the limit.
func (s *spool) fill(from io.Reader) error {
	s.close()
	hash := sha256.New()
	from = io.TeeReader(io.LimitReader(from, s.limit+1), hash)
	memory, err := io.ReadAll(io.LimitReader(from, spoolInMemory))
	if err != nil {
		return &readError{err}
	}
	s.memory, s.size = memory, int64(len(memory))
	if s.size == spoolInMemory {
		if err := s.fillFile(from); err != nil {
			return err
		}
	}
	if s.size > s.limit {
		return errTooLarge
	}
	s.sum = hex.EncodeToString(hash.Sum(nil)[:8])
	return nil
}

func (s *spool) fillFile(from io.Reader) (err error) {
	if s.file, err = os.CreateTemp("", "koppel-body-"); err != nil {
		return &diskError{err}
	}
	if err := os.Remove(s.file.Name()); err != nil {
		return &diskError{err}
	}
	to := &fileWriter{file: s.file}
	n, err := io.Copy(to, from)
	s.size += n
	switch {
	case to.err != nil:
		return &diskError{to.err}
	case err != nil:
		return &readError{err}
	}
	return nil
}

// fileWriter remembers its own error, which io.Copy does not tell apart from
// the reader's.
type fileWriter struct {
	file *os.File
	err  error
}

// Write writes to the file.
func (w *fileWriter) Write(p []byte) (n int, err error) {
	n, w.err = w.file.Write(p)
	return n, w.err
}

// diskError is a fault of our own disk, not of the remote.
type diskError struct{ err error }

func (e *diskError) Error() string { return "keep the answer in a temporary file: " + e.err.Error() }
func (e *diskError) Unwrap() error { return e.err }

// open reads the body from its start.
func (s *spool) open() io.Reader {
	if s.file == nil {
		return bytes.NewReader(s.memory)
	}
	return io.MultiReader(bytes.NewReader(s.memory), io.NewSectionReader(s.file, 0, s.size-int64(len(s.memory))))
}

// endsWith reports whether the last byte of the body is c.
func (s *spool) endsWith(c byte) bool {
	last := s.memory
	if s.size > int64(len(s.memory)) {
		last = make([]byte, 1)
		if _, err := s.file.ReadAt(last, s.size-int64(len(s.memory))-1); err != nil && !errors.Is(err, io.EOF) {
			return false
		}
	}
	return len(last) > 0 && last[len(last)-1] == c
}

// close lets go of file and memory.
func (s *spool) close() {
	if s == nil {
		return
	}
	if s.file != nil {
		_ = s.file.Close() // it has no name: nothing is lost
	}
	s.memory, s.file, s.size = nil, nil, 0
}
