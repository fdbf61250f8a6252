-- Figures are also counted again when these change; and however many rows a transaction writes, one row tells of it.
-- Says the same as 0018_figure_stamps.sqlite.sql. The key of a row is the transaction's own number, with the start of the
-- server beside it because numbers begin again in a restored database; no other transaction waits for it.

CREATE OR REPLACE FUNCTION tell_figures() RETURNS void LANGUAGE plpgsql AS $$ BEGIN INSERT INTO figure_change (id, changed_at, mark) VALUES (CAST(LPAD(TO_HEX(CAST(EXTRACT(EPOCH FROM pg_postmaster_start_time()) * 1000 AS BIGINT)), 16, '0') || LPAD(TO_HEX(txid_current()), 16, '0') AS UUID), now(), CAST(FLOOR(RANDOM() * 2000000000) AS INTEGER)) ON CONFLICT (id) DO NOTHING; END $$;
CREATE OR REPLACE FUNCTION figures_changed() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM tell_figures(); RETURN NULL; END $$;
CREATE OR REPLACE FUNCTION gender_of_counted() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF EXISTS (SELECT 1 FROM registration r WHERE r.person = NEW.person AND r.has_attended) OR EXISTS (SELECT 1 FROM speaker_slot s WHERE s.person = NEW.person) OR EXISTS (SELECT 1 FROM lab_participant p WHERE p.person = NEW.person) THEN PERFORM tell_figures(); END IF; RETURN NULL; END $$;

-- Whoever notes attendance takes the registration first: a note made while another is taken back must be seen by the one who takes back.
CREATE OR REPLACE FUNCTION attendance_kept() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TG_OP <> 'DELETE' THEN PERFORM 1 FROM registration WHERE id = NEW.registration FOR NO KEY UPDATE; UPDATE registration SET has_attended = true WHERE id = NEW.registration AND NOT has_attended; END IF; IF TG_OP = 'DELETE' OR (TG_OP = 'UPDATE' AND NEW.registration <> OLD.registration) THEN PERFORM 1 FROM registration WHERE id = OLD.registration FOR NO KEY UPDATE; UPDATE registration SET has_attended = EXISTS (SELECT 1 FROM attendance WHERE registration = OLD.registration) WHERE id = OLD.registration; END IF; RETURN NULL; END $$;

CREATE TRIGGER member_name_figures AFTER INSERT OR UPDATE OR DELETE ON member_name FOR EACH STATEMENT EXECUTE FUNCTION figures_changed();
