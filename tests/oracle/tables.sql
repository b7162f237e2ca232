-- What the tables oracle needs in PostgreSQL: values are kept where the type takes them, and one type's values are put into a column
-- of another, as an INSERT … SELECT does it, and read back.
SET client_min_messages = error;
SET timezone = 'UTC';
SET lc_monetary = 'C';
CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy');
CREATE TYPE wide_mood AS ENUM ('sad', 'ok', 'happy', 'new');
CREATE DOMAIN positive AS int CHECK (VALUE > 0);
CREATE TYPE pair AS (a int, b int);

CREATE FUNCTION keep(tab text, i int, typ text, val text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE format('INSERT INTO %I SELECT %s, CAST(%s AS %s)', tab, i, val, typ);
EXCEPTION WHEN OTHERS THEN NULL;
END $$;

CREATE FUNCTION pg_temp_type(typ text) RETURNS TABLE (atttypid oid, atttypmod int) LANGUAGE plpgsql AS $$
BEGIN
  DROP TABLE IF EXISTS asked;
  EXECUTE format('CREATE TEMP TABLE asked (v %s)', typ);
  RETURN QUERY SELECT a.atttypid, a.atttypmod FROM pg_attribute a WHERE a.attrelid = 'asked'::regclass AND a.attname = 'v';
END $$;

-- An explicit cast back; through text where there is none.
CREATE FUNCTION way_back(old text, new text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE format('SELECT CAST(CAST(NULL AS %s) AS %s)', new, old);
  RETURN format('CAST(w AS %s)', old);
EXCEPTION WHEN OTHERS THEN
  RETURN format('CAST(CAST(w AS text) AS %s)', old);
END $$;

-- Types without an equality compare as they print; so do floats, because -0 is not 0.
CREATE FUNCTION differs(old text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  IF old ~ '^(real|double|float)' THEN RETURN 'CAST(x AS text) IS DISTINCT FROM CAST(v AS text)'; END IF;
  EXECUTE format('SELECT CAST(NULL AS %s) = CAST(NULL AS %s)', old, old);
  RETURN 'x IS DISTINCT FROM v';
EXCEPTION WHEN OTHERS THEN
  RETURN 'CAST(x AS text) IS DISTINCT FROM CAST(v AS text)';
END $$;

CREATE FUNCTION trial(tab text, old text, new text, there text, back text, OUT refused int, OUT lost int, OUT example text)
LANGUAGE plpgsql AS $$
DECLARE
  r record;
  back_cast text := way_back(old, new);
  unlike text := differs(old);
  many int;
  told text;
BEGIN
  DROP TABLE IF EXISTS pg_temp.dst;
  EXECUTE format('CREATE TEMP TABLE dst (i int, w %s)', new);
  refused := 0;
  lost := 0;
  PERFORM set_config('timezone', there, false);
  BEGIN
    EXECUTE format('INSERT INTO dst SELECT i, v FROM %I', tab);
  EXCEPTION
    WHEN datatype_mismatch THEN
      EXECUTE format('SELECT count(v) FROM %I', tab) INTO refused;
      example := 'no assignment cast';
      PERFORM set_config('timezone', 'UTC', false);
      RETURN;
    WHEN OTHERS THEN
      FOR r IN EXECUTE format('SELECT i, CAST(v AS text) AS said FROM %I', tab) LOOP
        BEGIN
          EXECUTE format('INSERT INTO dst SELECT i, v FROM %I WHERE i = %s', tab, r.i);
        EXCEPTION WHEN OTHERS THEN
          refused := refused + 1;
          example := coalesce(example, r.said || ': ' || SQLERRM);
        END;
      END LOOP;
  END;
  PERFORM set_config('timezone', back, false);
  BEGIN
    EXECUTE format('SELECT count(*), min(CAST(v AS text) || '' -> '' || CAST(w AS text) || '' -> '' || CAST(x AS text)) FROM (SELECT v, w, %s AS x FROM dst JOIN %I USING (i)) s WHERE %s',
                   back_cast, tab, unlike) INTO lost, told;
    example := coalesce(example, told);
  EXCEPTION WHEN OTHERS THEN
    FOR r IN SELECT i, CAST(w AS text) AS said FROM dst LOOP
      BEGIN
        EXECUTE format('SELECT count(*) FROM (SELECT v, %s AS x FROM dst JOIN %I USING (i) WHERE i = %s) s WHERE %s',
                       back_cast, tab, r.i, unlike) INTO many;
      EXCEPTION WHEN OTHERS THEN
        many := 1;
      END;
      lost := lost + many;
      IF many > 0 THEN example := coalesce(example, 'as ' || r.said); END IF;
    END LOOP;
  END;
  PERFORM set_config('timezone', 'UTC', false);
END $$;
