-- What figures count has changed: one row in figure_change, and whether a registration has attendance.
-- Says the same as 0017_figure_changes.sqlite.sql. Rows are only added, so that no two transactions wait for one another.

CREATE FUNCTION figures_changed() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO figure_change (id, changed_at, mark) VALUES (gen_random_uuid(), now(), CAST(FLOOR(RANDOM() * 2000000000) AS INTEGER)); RETURN NULL; END $$;
CREATE FUNCTION attendance_kept() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TG_OP = 'INSERT' THEN UPDATE registration SET has_attended = true WHERE id = NEW.registration AND NOT has_attended; RETURN NULL; END IF; UPDATE registration SET has_attended = EXISTS (SELECT 1 FROM attendance WHERE registration = OLD.registration) WHERE id = OLD.registration; IF TG_OP = 'UPDATE' AND NEW.registration <> OLD.registration THEN UPDATE registration SET has_attended = true WHERE id = NEW.registration; END IF; RETURN NULL; END $$;
CREATE FUNCTION gender_of_counted() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF EXISTS (SELECT 1 FROM registration r WHERE r.person = NEW.person AND r.has_attended) OR EXISTS (SELECT 1 FROM speaker_slot s WHERE s.person = NEW.person) OR EXISTS (SELECT 1 FROM lab_participant p WHERE p.person = NEW.person) THEN INSERT INTO figure_change (id, changed_at, mark) VALUES (gen_random_uuid(), now(), CAST(FLOOR(RANDOM() * 2000000000) AS INTEGER)); END IF; RETURN NULL; END $$;

CREATE TRIGGER attendance_kept AFTER INSERT OR UPDATE OR DELETE ON attendance FOR EACH ROW EXECUTE FUNCTION attendance_kept();
CREATE TRIGGER registration_figures_insert AFTER INSERT ON registration FOR EACH ROW WHEN (NEW.has_attended) EXECUTE FUNCTION figures_changed();
CREATE TRIGGER registration_figures_update AFTER UPDATE ON registration FOR EACH ROW WHEN (NEW.has_attended OR OLD.has_attended) EXECUTE FUNCTION figures_changed();
CREATE TRIGGER registration_figures_delete AFTER DELETE ON registration FOR EACH ROW WHEN (OLD.has_attended) EXECUTE FUNCTION figures_changed();
CREATE TRIGGER gender_statement_figures_insert AFTER INSERT ON gender_statement FOR EACH ROW EXECUTE FUNCTION gender_of_counted();
CREATE TRIGGER gender_statement_figures AFTER UPDATE OR DELETE ON gender_statement FOR EACH STATEMENT EXECUTE FUNCTION figures_changed();
CREATE TRIGGER event_figures AFTER INSERT OR UPDATE OR DELETE ON event FOR EACH STATEMENT EXECUTE FUNCTION figures_changed();
CREATE TRIGGER head_count_figures AFTER INSERT OR UPDATE OR DELETE ON head_count FOR EACH STATEMENT EXECUTE FUNCTION figures_changed();
CREATE TRIGGER programme_item_figures AFTER INSERT OR UPDATE OR DELETE ON programme_item FOR EACH STATEMENT EXECUTE FUNCTION figures_changed();
CREATE TRIGGER speaker_slot_figures AFTER INSERT OR UPDATE OR DELETE ON speaker_slot FOR EACH STATEMENT EXECUTE FUNCTION figures_changed();
CREATE TRIGGER event_theme_figures AFTER INSERT OR UPDATE OR DELETE ON event_theme FOR EACH STATEMENT EXECUTE FUNCTION figures_changed();
CREATE TRIGGER event_action_line_figures AFTER INSERT OR UPDATE OR DELETE ON event_action_line FOR EACH STATEMENT EXECUTE FUNCTION figures_changed();
CREATE TRIGGER event_partner_figures AFTER INSERT OR UPDATE OR DELETE ON event_partner FOR EACH STATEMENT EXECUTE FUNCTION figures_changed();
CREATE TRIGGER event_series_figures AFTER INSERT OR UPDATE OR DELETE ON event_series FOR EACH STATEMENT EXECUTE FUNCTION figures_changed();
CREATE TRIGGER member_figures AFTER INSERT OR UPDATE OR DELETE ON member FOR EACH STATEMENT EXECUTE FUNCTION figures_changed();
CREATE TRIGGER former_membership_figures AFTER INSERT OR UPDATE OR DELETE ON former_membership FOR EACH STATEMENT EXECUTE FUNCTION figures_changed();
CREATE TRIGGER region_figures AFTER INSERT OR UPDATE OR DELETE ON region FOR EACH STATEMENT EXECUTE FUNCTION figures_changed();
CREATE TRIGGER partner_figures AFTER INSERT OR UPDATE OR DELETE ON partner FOR EACH STATEMENT EXECUTE FUNCTION figures_changed();
CREATE TRIGGER theme_figures AFTER INSERT OR UPDATE OR DELETE ON theme FOR EACH STATEMENT EXECUTE FUNCTION figures_changed();
CREATE TRIGGER action_line_figures AFTER INSERT OR UPDATE OR DELETE ON action_line FOR EACH STATEMENT EXECUTE FUNCTION figures_changed();
CREATE TRIGGER campaign_figures AFTER INSERT OR UPDATE OR DELETE ON campaign FOR EACH STATEMENT EXECUTE FUNCTION figures_changed();
CREATE TRIGGER campaign_submission_figures AFTER INSERT OR UPDATE OR DELETE ON campaign_submission FOR EACH STATEMENT EXECUTE FUNCTION figures_changed();
CREATE TRIGGER statutory_body_figures AFTER INSERT OR UPDATE OR DELETE ON statutory_body FOR EACH STATEMENT EXECUTE FUNCTION figures_changed();
CREATE TRIGGER seat_figures AFTER INSERT OR UPDATE OR DELETE ON seat FOR EACH STATEMENT EXECUTE FUNCTION figures_changed();
CREATE TRIGGER lab_round_figures AFTER INSERT OR UPDATE OR DELETE ON lab_round FOR EACH STATEMENT EXECUTE FUNCTION figures_changed();
CREATE TRIGGER lab_figures AFTER INSERT OR UPDATE OR DELETE ON lab FOR EACH STATEMENT EXECUTE FUNCTION figures_changed();
CREATE TRIGGER lab_theme_figures AFTER INSERT OR UPDATE OR DELETE ON lab_theme FOR EACH STATEMENT EXECUTE FUNCTION figures_changed();
CREATE TRIGGER lab_action_line_figures AFTER INSERT OR UPDATE OR DELETE ON lab_action_line FOR EACH STATEMENT EXECUTE FUNCTION figures_changed();
CREATE TRIGGER lab_session_figures AFTER INSERT OR UPDATE OR DELETE ON lab_session FOR EACH STATEMENT EXECUTE FUNCTION figures_changed();
CREATE TRIGGER lab_participant_figures AFTER INSERT OR UPDATE OR DELETE ON lab_participant FOR EACH STATEMENT EXECUTE FUNCTION figures_changed();
CREATE TRIGGER application_figures AFTER INSERT OR UPDATE OR DELETE ON application FOR EACH STATEMENT EXECUTE FUNCTION figures_changed();
CREATE TRIGGER feedback_figures AFTER INSERT OR UPDATE OR DELETE ON feedback FOR EACH STATEMENT EXECUTE FUNCTION figures_changed();
CREATE TRIGGER outcome_figures AFTER INSERT OR UPDATE OR DELETE ON outcome FOR EACH STATEMENT EXECUTE FUNCTION figures_changed();
CREATE TRIGGER outcome_member_figures AFTER INSERT OR UPDATE OR DELETE ON outcome_member FOR EACH STATEMENT EXECUTE FUNCTION figures_changed();
CREATE TRIGGER follow_up_figures AFTER INSERT OR UPDATE OR DELETE ON follow_up FOR EACH STATEMENT EXECUTE FUNCTION figures_changed();
CREATE TRIGGER parity_exception_figures AFTER INSERT OR UPDATE OR DELETE ON parity_exception FOR EACH STATEMENT EXECUTE FUNCTION figures_changed();
CREATE TRIGGER indicator_value_figures AFTER INSERT OR UPDATE OR DELETE ON indicator_value FOR EACH STATEMENT EXECUTE FUNCTION figures_changed();
CREATE TRIGGER engagement_cell_figures AFTER INSERT OR UPDATE OR DELETE ON engagement_cell FOR EACH STATEMENT EXECUTE FUNCTION figures_changed();
CREATE TRIGGER engagement_listing_figures AFTER INSERT OR UPDATE OR DELETE ON engagement_listing FOR EACH STATEMENT EXECUTE FUNCTION figures_changed();
CREATE TRIGGER activation_figures AFTER INSERT OR UPDATE OR DELETE ON activation FOR EACH STATEMENT EXECUTE FUNCTION figures_changed();
