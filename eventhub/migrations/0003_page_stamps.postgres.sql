-- The public page of an event is kept until its stamp changes; these triggers change it whoever writes.
-- Stamps begin at random, so that the sum over a page's events tells one set of events from another.
-- Says the same as 0003_page_stamps.sqlite.sql.

INSERT INTO page_stamp (event, stamp) SELECT id, CAST(FLOOR(RANDOM() * 1000000000) AS INTEGER) FROM event;
INSERT INTO shared_stamp (id, stamp) VALUES (1, CAST(FLOOR(RANDOM() * 1000000000) AS INTEGER));

CREATE FUNCTION page_born() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO page_stamp (event, stamp) VALUES (NEW.id, CAST(FLOOR(RANDOM() * 1000000000) AS INTEGER)); RETURN NULL; END $$;
CREATE FUNCTION page_changed() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN UPDATE page_stamp SET stamp = stamp + 1 WHERE event = NEW.id; RETURN NULL; END $$;
CREATE FUNCTION page_part_changed() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TG_OP = 'DELETE' THEN UPDATE page_stamp SET stamp = stamp + 1 WHERE event = OLD.event; ELSE UPDATE page_stamp SET stamp = stamp + 1 WHERE event = NEW.event; END IF; RETURN NULL; END $$;
CREATE FUNCTION page_slot_changed() RETURNS trigger LANGUAGE plpgsql AS $$ DECLARE item UUID; BEGIN IF TG_OP = 'DELETE' THEN item := OLD.programme_item; ELSE item := NEW.programme_item; END IF; UPDATE page_stamp SET stamp = stamp + 1 WHERE event = (SELECT event FROM programme_item WHERE id = item); RETURN NULL; END $$;
CREATE FUNCTION shared_pages_changed() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN UPDATE shared_stamp SET stamp = stamp + 1; RETURN NULL; END $$;
CREATE FUNCTION speaker_renamed() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.name <> OLD.name AND EXISTS (SELECT 1 FROM speaker_slot WHERE person = NEW.id) THEN UPDATE shared_stamp SET stamp = stamp + 1; END IF; RETURN NULL; END $$;

CREATE TRIGGER event_page_born AFTER INSERT ON event FOR EACH ROW EXECUTE FUNCTION page_born();
CREATE TRIGGER event_page_changed AFTER UPDATE ON event FOR EACH ROW EXECUTE FUNCTION page_changed();
CREATE TRIGGER programme_item_page AFTER INSERT OR UPDATE OR DELETE ON programme_item FOR EACH ROW EXECUTE FUNCTION page_part_changed();
CREATE TRIGGER event_theme_page AFTER INSERT OR UPDATE OR DELETE ON event_theme FOR EACH ROW EXECUTE FUNCTION page_part_changed();
CREATE TRIGGER event_action_line_page AFTER INSERT OR UPDATE OR DELETE ON event_action_line FOR EACH ROW EXECUTE FUNCTION page_part_changed();
CREATE TRIGGER event_partner_page AFTER INSERT OR UPDATE OR DELETE ON event_partner FOR EACH ROW EXECUTE FUNCTION page_part_changed();
CREATE TRIGGER programme_version_page AFTER INSERT OR UPDATE OR DELETE ON programme_version FOR EACH ROW EXECUTE FUNCTION page_part_changed();
CREATE TRIGGER speaker_slot_page AFTER INSERT OR UPDATE OR DELETE ON speaker_slot FOR EACH ROW EXECUTE FUNCTION page_slot_changed();
CREATE TRIGGER person_page_renamed AFTER UPDATE ON person FOR EACH ROW EXECUTE FUNCTION speaker_renamed();
CREATE TRIGGER speaker_profile_page AFTER INSERT OR UPDATE OR DELETE ON speaker_profile FOR EACH STATEMENT EXECUTE FUNCTION shared_pages_changed();
CREATE TRIGGER member_page_changed AFTER UPDATE ON member FOR EACH STATEMENT EXECUTE FUNCTION shared_pages_changed();
CREATE TRIGGER partner_page_changed AFTER UPDATE ON partner FOR EACH STATEMENT EXECUTE FUNCTION shared_pages_changed();
CREATE TRIGGER theme_page_changed AFTER UPDATE ON theme FOR EACH STATEMENT EXECUTE FUNCTION shared_pages_changed();
CREATE TRIGGER campaign_page_changed AFTER UPDATE ON campaign FOR EACH STATEMENT EXECUTE FUNCTION shared_pages_changed();
CREATE TRIGGER event_series_page_changed AFTER UPDATE ON event_series FOR EACH STATEMENT EXECUTE FUNCTION shared_pages_changed();
