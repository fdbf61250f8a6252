-- The public page of an event is kept until its stamp changes; these triggers change it whoever writes.
-- Stamps begin at random, so that the sum over a page's events tells one set of events from another.
-- Says the same as 0003_page_stamps.postgres.sql.

INSERT INTO page_stamp (event, stamp) SELECT id, ABS(RANDOM() % 1000000000) FROM event;
INSERT INTO shared_stamp (id, stamp) VALUES (1, ABS(RANDOM() % 1000000000));

CREATE TRIGGER event_page_born AFTER INSERT ON event BEGIN INSERT INTO page_stamp (event, stamp) VALUES (NEW.id, ABS(RANDOM() % 1000000000)); END;
CREATE TRIGGER event_page_changed AFTER UPDATE ON event BEGIN UPDATE page_stamp SET stamp = stamp + 1 WHERE event = NEW.id; END;
CREATE TRIGGER programme_item_page_insert AFTER INSERT ON programme_item BEGIN UPDATE page_stamp SET stamp = stamp + 1 WHERE event = NEW.event; END;
CREATE TRIGGER programme_item_page_update AFTER UPDATE ON programme_item BEGIN UPDATE page_stamp SET stamp = stamp + 1 WHERE event = NEW.event; END;
CREATE TRIGGER programme_item_page_delete AFTER DELETE ON programme_item BEGIN UPDATE page_stamp SET stamp = stamp + 1 WHERE event = OLD.event; END;
CREATE TRIGGER event_theme_page_insert AFTER INSERT ON event_theme BEGIN UPDATE page_stamp SET stamp = stamp + 1 WHERE event = NEW.event; END;
CREATE TRIGGER event_theme_page_update AFTER UPDATE ON event_theme BEGIN UPDATE page_stamp SET stamp = stamp + 1 WHERE event = NEW.event; END;
CREATE TRIGGER event_theme_page_delete AFTER DELETE ON event_theme BEGIN UPDATE page_stamp SET stamp = stamp + 1 WHERE event = OLD.event; END;
CREATE TRIGGER event_action_line_page_insert AFTER INSERT ON event_action_line BEGIN UPDATE page_stamp SET stamp = stamp + 1 WHERE event = NEW.event; END;
CREATE TRIGGER event_action_line_page_update AFTER UPDATE ON event_action_line BEGIN UPDATE page_stamp SET stamp = stamp + 1 WHERE event = NEW.event; END;
CREATE TRIGGER event_action_line_page_delete AFTER DELETE ON event_action_line BEGIN UPDATE page_stamp SET stamp = stamp + 1 WHERE event = OLD.event; END;
CREATE TRIGGER event_partner_page_insert AFTER INSERT ON event_partner BEGIN UPDATE page_stamp SET stamp = stamp + 1 WHERE event = NEW.event; END;
CREATE TRIGGER event_partner_page_update AFTER UPDATE ON event_partner BEGIN UPDATE page_stamp SET stamp = stamp + 1 WHERE event = NEW.event; END;
CREATE TRIGGER event_partner_page_delete AFTER DELETE ON event_partner BEGIN UPDATE page_stamp SET stamp = stamp + 1 WHERE event = OLD.event; END;
CREATE TRIGGER programme_version_page_insert AFTER INSERT ON programme_version BEGIN UPDATE page_stamp SET stamp = stamp + 1 WHERE event = NEW.event; END;
CREATE TRIGGER programme_version_page_update AFTER UPDATE ON programme_version BEGIN UPDATE page_stamp SET stamp = stamp + 1 WHERE event = NEW.event; END;
CREATE TRIGGER programme_version_page_delete AFTER DELETE ON programme_version BEGIN UPDATE page_stamp SET stamp = stamp + 1 WHERE event = OLD.event; END;
CREATE TRIGGER speaker_slot_page_insert AFTER INSERT ON speaker_slot BEGIN UPDATE page_stamp SET stamp = stamp + 1 WHERE event = (SELECT event FROM programme_item WHERE id = NEW.programme_item); END;
CREATE TRIGGER speaker_slot_page_update AFTER UPDATE ON speaker_slot BEGIN UPDATE page_stamp SET stamp = stamp + 1 WHERE event = (SELECT event FROM programme_item WHERE id = NEW.programme_item); END;
CREATE TRIGGER speaker_slot_page_delete AFTER DELETE ON speaker_slot BEGIN UPDATE page_stamp SET stamp = stamp + 1 WHERE event = (SELECT event FROM programme_item WHERE id = OLD.programme_item); END;

CREATE TRIGGER person_page_renamed AFTER UPDATE ON person WHEN NEW.name <> OLD.name AND EXISTS (SELECT 1 FROM speaker_slot WHERE person = NEW.id) BEGIN UPDATE shared_stamp SET stamp = stamp + 1; END;
CREATE TRIGGER speaker_profile_page_insert AFTER INSERT ON speaker_profile BEGIN UPDATE shared_stamp SET stamp = stamp + 1; END;
CREATE TRIGGER speaker_profile_page_update AFTER UPDATE ON speaker_profile BEGIN UPDATE shared_stamp SET stamp = stamp + 1; END;
CREATE TRIGGER speaker_profile_page_delete AFTER DELETE ON speaker_profile BEGIN UPDATE shared_stamp SET stamp = stamp + 1; END;
CREATE TRIGGER member_page_changed AFTER UPDATE ON member BEGIN UPDATE shared_stamp SET stamp = stamp + 1; END;
CREATE TRIGGER partner_page_changed AFTER UPDATE ON partner BEGIN UPDATE shared_stamp SET stamp = stamp + 1; END;
CREATE TRIGGER theme_page_changed AFTER UPDATE ON theme BEGIN UPDATE shared_stamp SET stamp = stamp + 1; END;
CREATE TRIGGER campaign_page_changed AFTER UPDATE ON campaign BEGIN UPDATE shared_stamp SET stamp = stamp + 1; END;
CREATE TRIGGER event_series_page_changed AFTER UPDATE ON event_series BEGIN UPDATE shared_stamp SET stamp = stamp + 1; END;
