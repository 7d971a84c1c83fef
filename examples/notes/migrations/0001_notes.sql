CREATE TABLE migrations (name text PRIMARY KEY, ran timestamptz NOT NULL DEFAULT now());
CREATE TABLE administrators (id serial PRIMARY KEY, name text NOT NULL);
CREATE TABLE notes (id serial PRIMARY KEY, body text NOT NULL);
