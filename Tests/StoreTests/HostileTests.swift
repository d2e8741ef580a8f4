import Postgres
import Store
import TestSupport
import Testing

/// Whoever may make objects of their own cannot change what our functions mean.
@Suite(.serialized, .ownDatabase) struct HostileTests {
    /// A twin of each function and operator of the catalogue that ours could mean, which springs a trap.
    private static func traps(in schema: String) async throws -> String {
        let names = try await db.lines(
            """
            select distinct m[1] from pg_proc o, regexp_matches(pg_get_functiondef(o.oid), '\\m([a-z_0-9]+)\\(', 'g') m
             where o.pronamespace::regnamespace::text ~ '^secondline' and o.prokind = 'f'
            """)
        return """
            create or replace function \(schema).trap() returns void language plpgsql as
                $$ begin raise exception 'hijacked' using errcode = 'HJ001'; end $$;
            do $do$
            declare r record;
            begin
                for r in select p.proname, pg_get_function_arguments(p.oid) as arguments, pg_get_function_result(p.oid) as result
                           from pg_proc p
                          where p.pronamespace = 'pg_catalog'::regnamespace and p.prokind = 'f' and p.proname !~ '_(recv|send|in|out)$'
                            and p.proname = any ('{\(names.joined(separator: ","))}')
                loop
                    begin
                        execute format('create function \(schema).%I(%s) returns %s language plpgsql as $f$ begin perform \(schema).trap(); end $f$',
                                       r.proname, r.arguments, r.result);
                    exception when others then null;
                    end;
                end loop;
                for r in select o.oprname, l.typname as l, t.typname as r from pg_operator o
                           join pg_type l on l.oid = o.oprleft join pg_type t on t.oid = o.oprright
                          where l.typname = any ('{text,name,int8,int4,bool,date,timestamptz,interval,jsonb,_text,_int8}')
                            and t.typname = any ('{text,name,int8,int4,bool,date,timestamptz,interval,jsonb,_text,_int8}')
                         union
                         -- what the catalogue only has by a conversion
                         select x.name, a.typname, b.typname
                           from pg_type a, pg_type b, unnest('{=,<>,<,>,<=,>=,+,-,||}'::text[]) x (name)
                          where a.typname = any ('{text,name,int8,int4,date,timestamptz,interval}')
                            and b.typname = any ('{text,name,int8,int4,date,timestamptz,interval}')
                loop
                    execute format('create or replace function \(schema).trap_of(a %I, b %I) returns boolean language plpgsql as $f$ begin perform \(schema).trap(); end $f$', r.l, r.r);
                    execute format('create operator \(schema).%s (leftarg = %I, rightarg = %I, function = \(schema).trap_of)', r.oprname, r.l, r.r);
                end loop;
            end;
            $do$;
            """
    }

    @Test(
        "every function is bound to what it means, or pins its search path; with its owner's rights both belong to the owner"
    )
    func pinned() async throws {
        #expect(
            try await db.lines(
                """
                select p.oid::regprocedure from pg_proc p
                 where p.pronamespace::regnamespace::text in ('secondline', 'secondline_rules')
                   and p.prosqlbody is null and not 'search_path=pg_catalog, pg_temp' = any (coalesce(p.proconfig, '{}'))
                """) == [])
    }

    @Test(
        "with a schema, operators, functions and temporary tables of one's own in front, every function does what it does without"
    )
    func ownSchema() async throws {
        let logins = try await RightsTests.Logins()
        try await StrangerTests.makeAlerts()
        let loot = try await StrangerTests.Loot(of: logins.here)
        try await db.script(
            "create schema evil; " + (try await Self.traps(in: "evil"))
                + "grant usage on schema evil to public; grant execute on all functions in schema evil to public")
        let relations = try await db.lines(
            """
            select distinct relname from pg_class where relkind in ('r', 'v')
               and (relnamespace::regnamespace::text ~ '^secondline' or relname in ('pg_class', 'pg_roles', 'pg_proc', 'pg_timezone_names'))
            """)
        let temporary = relations.map { "create temporary table \($0) (person_id bigint, ticket_id bigint);" }.joined()
        // the twins do spring
        await db.expectRefusal(
            "HJ001", hint: false, "set search_path = evil, pg_catalog; select 'a'::text || 1::bigint")
        await db.expectRefusal("HJ001", hint: false, "set search_path = evil, pg_catalog; select clock_timestamp()")
        try await db.script("reset search_path")
        for (login, role, actor) in [
            ("member", "secondline_member", logins.here.specialists[0]), ("head", "secondline_head", logins.here.head),
            ("program", "secondline_app", logins.here.specialists[0]),
        ] {
            let login = logins.names[login]!
            let plain = try await StrangerTests.outcomes(role, as: login, on: loot, actor: actor)
            #expect(plain.values.count { $0 == "done" } > 30, "\(role)")
            let hostile = try await StrangerTests.outcomes(
                role, as: login, on: loot, actor: actor, searchPath: "evil, pg_temp, secondline, pg_catalog",
                prelude: temporary)
            #expect(hostile == plain)
        }
        try await db.script("drop schema evil cascade")
        try await logins.drop()
    }

    @Test("what others have put into the schema public before an installation or an upgrade is not used by it")
    func installed() async throws {
        let wanted = try await withSession { session in
            try await session.script("set search_path = pg_catalog")
            return try await Catalogue(session)
        }
        let database = try await ScratchDatabase()
        let session = try await database.session()
        try await session.script(try await Self.traps(in: "public"))
        _ = try await Migrator.migrate(session)
        try await session.script("set search_path = pg_catalog")
        let differences = try await Catalogue(session).differences(from: wanted)
        #expect(differences == [])
        try await session.script("reset search_path")
        _ = try await Migrator.migrate(session)
        try await session.script("set search_path = pg_catalog")
        let strangers = try await session.lines(
            """
            select distinct d.refobjid::text from pg_depend d
             where d.refclassid in ('pg_proc'::regclass, 'pg_operator'::regclass)
               and d.refobjid in (select oid from pg_proc where pronamespace = 'public'::regnamespace
                                  union all select oid from pg_operator where oprnamespace = 'public'::regnamespace)
               and d.deptype = 'n'
               and not exists (select from pg_operator o where d.classid = 'pg_operator'::regclass and o.oid = d.objid
                                  and o.oprnamespace = 'public'::regnamespace)
            """)
        #expect(strangers == [])
        await session.close()
        try await database.drop()
    }

    @Test("whatever a session makes of backslashes, the functions mean the same")
    func backslashes() async throws {
        // their text is read again in each session; E'' is always the same
        let plain = try await db.lines(
            #"""
            select p.oid::regprocedure, l from pg_proc p cross join regexp_split_to_table(p.prosrc, E'\n') l
             where p.pronamespace in ('secondline'::regnamespace, 'secondline_rules'::regnamespace)
               and regexp_replace(regexp_replace(l, '--.*', ''), E'E\'([^\']|\'\')*\'', '', 'g') like E'%\\%'
            """#)
        #expect(plain == [])
        let here = try await Department(in: db, specialists: 1)
        try await db.script(
            """
            set standard_conforming_strings = off;
            select secondline.submit_ticket('\(here.queue)', 'nothing works', ''),
                   secondline.send_message(\(here.head), 'note', '{"text": "tell me at {when}"}');
            """)
    }
}
