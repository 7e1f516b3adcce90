// Package clock tells when the lines of a timetable fire: cron lines in time
// zones, moved by a jitter that is fixed for each coupling, left out in quiet
// hours. It stores nothing and reads no clock.
//
// Temporal keeps the time: it gets the calendars that a line stands for, and
// what is shown as the next times is computed from the same calendars.
package clock
