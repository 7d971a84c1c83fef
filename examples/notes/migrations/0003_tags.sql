CREATE TABLE tags (note integer NOT NULL REFERENCES notes, tag text NOT NULL, PRIMARY KEY (note, tag));
