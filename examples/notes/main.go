// Notes is a small application with the manners of many: it refuses to start on an older schema,
// migrates by another command, and has a command that must be run exactly once.
package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"sort"
	"syscall"
	"time"

	_ "github.com/lib/pq"
)

const (
	usage      = "usage: notes serve | migrate | create-admin NAME"
	migrations = "/migrations/*.sql"
	patience   = 30 * time.Second // for the database, which may start at the same time
)

func main() {
	log.SetFlags(0)
	if err := run(os.Args[1:]); err != nil {
		log.Fatal(err)
	}
}

func run(arguments []string) error {
	if len(arguments) == 0 {
		return errors.New(usage)
	}
	db, err := open(os.Getenv("DATABASE_URL"))
	if err != nil {
		return err
	}
	defer db.Close()
	switch {
	case arguments[0] == "serve" && len(arguments) == 1:
		return serve(db)
	case arguments[0] == "migrate" && len(arguments) == 1:
		return migrate(db)
	case arguments[0] == "create-admin" && len(arguments) == 2:
		_, err := db.Exec("INSERT INTO administrators (name) VALUES ($1)", arguments[1])
		return err
	}
	return errors.New(usage)
}

// open waits until the database answers.
func open(url string) (*sql.DB, error) {
	db, err := sql.Open("postgres", url)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for {
		if err = db.PingContext(ctx); err == nil {
			return db, nil
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("the database does not answer: %w", err)
		case <-time.After(200 * time.Millisecond):
		}
	}
}

// files are the migrations of this release, in their order; the n-th leads to schema n.
func files() ([]string, error) {
	found, err := filepath.Glob(migrations)
	sort.Strings(found)
	return found, err
}

// schema is the number of migrations that have run; 0 for an empty database.
func schema(db *sql.DB) (int, error) {
	var known bool
	if err := db.QueryRow("SELECT to_regclass('migrations') IS NOT NULL").Scan(&known); err != nil || !known {
		return 0, err
	}
	var count int
	err := db.QueryRow("SELECT count(*) FROM migrations").Scan(&count)
	return count, err
}

// migrate is not safe to run twice at the same time: whoever deploys sees to that.
func migrate(db *sql.DB) error {
	wanted, err := files()
	if err != nil {
		return err
	}
	done, err := schema(db)
	if err != nil {
		return err
	}
	for number := done; number < len(wanted); number++ {
		text, err := os.ReadFile(wanted[number])
		if err != nil {
			return err
		}
		if _, err := db.Exec(string(text)); err != nil {
			return fmt.Errorf("%s: %w", wanted[number], err)
		}
		log.Printf("ran %s", filepath.Base(wanted[number]))
		if _, err := db.Exec("INSERT INTO migrations (name) VALUES ($1)", wanted[number]); err != nil {
			return err
		}
	}
	return nil
}

func serve(db *sql.DB) error {
	wanted, err := files()
	if err != nil {
		return err
	}
	found, err := schema(db)
	if err != nil {
		return err
	}
	if found < len(wanted) {
		return fmt.Errorf("the schema is %d, and this release needs %d: run `notes migrate`", found, len(wanted))
	}
	http.HandleFunc("GET /version", func(w http.ResponseWriter, r *http.Request) {
		answer(w, map[string]any{"version": os.Getenv("SLIPWAY_VERSION"), "schema": len(wanted)})
	})
	http.HandleFunc("GET /administrators", func(w http.ResponseWriter, r *http.Request) {
		var count int
		if err := db.QueryRowContext(r.Context(), "SELECT count(*) FROM administrators").Scan(&count); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		answer(w, count)
	})
	return listen(&http.Server{Addr: ":8000"})
}

// listen serves until SIGTERM, and then until every request is answered.
func listen(server *http.Server) error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	go func() {
		<-ctx.Done()
		_ = server.Shutdown(context.Background())
	}()
	if err := server.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

func answer(w http.ResponseWriter, value any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(value)
}
