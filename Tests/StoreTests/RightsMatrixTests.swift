import Foundation
import Postgres
import TestSupport
import Testing

/// Every cell of the matrix role × table × function is tried by a login that has that role alone. What must come out is declared in
/// `RightsTests.functions`, `unread`, `hidden` and here, and the README shows the same declaration.
@Suite(.serialized, .ownDatabase) struct RightsMatrixTests {
    static let roles = ["daemon", "app", "member", "head", "client", "reader"]
    /// All that is written without a function.
    static let written = [
        "app": [
            "author_id", "client_id", "description", "effort_minutes", "external_key", "kind", "priority", "queue",
            "skill",
            "title",
        ].map { "insert ticket.\($0)" },
        "daemon": ["update duty.ran_at"],
    ]

    /// A login for each role, one without any, and their names.
    private func logins() async throws -> [String: String] {
        let suffix = "\(UInt32.random(in: 0 ... .max))"
        var names: [String: String] = [:]
        for role in Self.roles + ["nothing"] {
            names[role] = "sl_matrix_\(role)_\(suffix)"
            try await db.script(
                "create role \(names[role]!) login" + (role == "nothing" ? "" : " in role secondline_\(role)"))
        }
        return names
    }

    private func drop(_ logins: [String: String]) async throws {
        try await db.script("drop role \(logins.values.joined(separator: ", "))")
    }

    /// What of these statements, each with its name, the login may do: all that is not refused for want of rights. Nothing of it stays.
    private func allowed(_ login: String, _ statements: [(name: String, sql: String)]) async throws -> Set<String> {
        let rows = statements.map { "(\(quoteLiteral($0.name)), \(quoteLiteral($0.sql)))" }
        return try await withSession(as: login) { session in
            // names of functions are those of the catalogue: who tries may have no schema in sight
            try await session.script(
                """
                set search_path = pg_catalog; create temporary table may (what text);
                do $do$
                declare r record; may boolean;
                begin
                    for r in select * from (values \(rows.joined(separator: ",\n"))) s (name, sql) loop
                        begin
                            execute r.sql;
                            raise exception 'undo' using errcode = 'SL999';
                        exception
                            -- also "this view takes no rows": nobody may
                            when insufficient_privilege or object_not_in_prerequisite_state or wrong_object_type then may := false;
                            when others then may := true;
                        end;
                        if may then insert into pg_temp.may values (r.name); end if;
                    end loop;
                end;
                $do$
                """)
            return Set(try await session.lines("select what from pg_temp.may"))
        }
    }

    private static let relations = """
        pg_class c where c.relnamespace = 'secondline'::regnamespace and c.relkind in ('r', 'v')
        """

    @Test(
        "each role reads what is declared and nothing else, writes what is declared and nothing else, table by table, column by column"
    )
    func tables() async throws {
        let logins = try await logins()
        let tables = try await db.lines("select c.relname from \(Self.relations) order by 1")
        let columns = try await db.simpleQuery(
            """
            select c.relname, quote_ident(a.attname), a.attname, c.relkind from pg_class c join pg_attribute a on a.attrelid = c.oid
             where a.attnum > 0 and not a.attisdropped and c.oid in (select c.oid from \(Self.relations))
            """
        ).map { $0.map { $0! } }
        var tries: [(name: String, sql: String)] = tables.flatMap { table in
            [
                ("select \(table)", "select * from secondline.\(table) limit 1"),
                ("delete \(table)", "delete from secondline.\(table) where false"),
                ("truncate \(table)", "truncate secondline.\(table) cascade"),
                ("lock \(table)", "lock table secondline.\(table) in share row exclusive mode"),
                ("own \(table)", "comment on table secondline.\(table) is 'mine'"),
            ]
        }
        for column in columns {
            tries.append(("read \(column[0]).\(column[2])", "select \(column[1]) from secondline.\(column[0]) limit 1"))
            guard column[3] == "r" else { continue }
            tries.append(
                (
                    "insert \(column[0]).\(column[2])",
                    "insert into secondline.\(column[0]) (\(column[1])) overriding system value select null where false"
                ))
            tries.append(
                (
                    "update \(column[0]).\(column[2])",
                    "update secondline.\(column[0]) set \(column[1]) = default where false"
                ))
        }
        for role in Self.roles + ["nothing"] {
            let unread: Set<String> =
                switch role {
                case "nothing": Set(tables)
                // its own view and nothing else: see ClientLoginTests
                case "client": Set(tables).subtracting(["client_ticket"])
                default: Set(RightsTests.unread["secondline_\(role)"] ?? [])
                }
            let hidden = RightsTests.hidden["secondline_\(role)"] ?? []
            let partly = Set(hidden.map { String($0.prefix { $0 != "." }) })
            var wanted = Set(tables.filter { !unread.contains($0) && !partly.contains($0) }.map { "select \($0)" })
            for column in columns where !unread.contains(column[0]) || partly.contains(column[0]) {
                if !hidden.contains("\(column[0]).\(column[2])") { wanted.insert("read \(column[0]).\(column[2])") }
            }
            wanted.formUnion(Self.written[role] ?? [])
            let found = try await allowed(logins[role]!, tries)
            #expect(found.symmetricDifference(wanted).sorted() == [], "\(role)")
        }
        try await drop(logins)
    }

    @Test("each role may begin to call what is declared and nothing else, function by function")
    func functions() async throws {
        let logins = try await logins()
        let tries = try await db.simpleQuery(
            """
            select case p.pronamespace::regnamespace::text when 'secondline' then '' else 'secondline_rules.' end || p.proname,
                   format('explain select %s.%I(%s)', p.pronamespace::regnamespace, p.proname,
                          (select string_agg(format('%s(select null::%s)', case when p.provariadic <> 0 and n = p.pronargs then 'variadic ' end,
                                                   format_type(t, null)), ', ' order by n)
                             from unnest(p.proargtypes) with ordinality a (t, n)))
              from pg_proc p
             where p.pronamespace::regnamespace::text in ('secondline', 'secondline_rules') and p.prorettype <> 'trigger'::regtype
            """
        ).map { (name: $0[0]!, sql: $0[1]!) }
        #expect(tries.count > 250)
        for role in Self.roles + ["nothing"] {
            let wanted = Set(RightsTests.functions["secondline_\(role)"] ?? [])
            let found = try await allowed(logins[role]!, tries)
            // a rule that only a role without its schema is granted is called by views alone
            let reached = role == "client" ? wanted.filter { !$0.hasPrefix("secondline_rules.") } : wanted
            #expect(found.symmetricDifference(reached).sorted() == [], "\(role)")
        }
        try await drop(logins)
    }

    @Test("no role has sequences, or may create anything among ours or in the database; what is made later is nobody's")
    func others() async throws {
        try await db.script(
            """
            begin; set local role secondline_owner;
            create function secondline.later() returns int language sql return 1;
            create table secondline.later_table (id bigint generated always as identity);
            create view secondline.later_view as select id from secondline.later_table;
            commit;
            """)
        let logins = try await logins()
        let sequences = try await db.lines(
            "select c.oid::regclass from pg_class c where c.relkind = 'S' and c.relnamespace::regnamespace::text ~ '^secondline'"
        )
        #expect(sequences.count > 10)
        var tries = sequences.flatMap {
            [("nextval \($0)", "select nextval('\($0)')"), ("read \($0)", "select * from \($0)")]
        }
        tries += [
            ("later function", "select secondline.later()"), ("later table", "select from secondline.later_table"),
            ("later view", "select from secondline.later_view"),
            ("own schema", "create schema evil"), ("extension", "create extension dblink"),
        ]
        for schema in ["secondline", "secondline_rules", "public"] {
            tries += [
                ("table in \(schema)", "create table \(schema).mine ()"),
                ("type in \(schema)", "create type \(schema).mine as (a int)"),
                ("function in \(schema)", "create function \(schema).mine() returns int language sql return 1"),
                (
                    "operator in \(schema)",
                    "create operator \(schema).=== (leftarg = int, rightarg = int, function = int4eq)"
                ),
            ]
        }
        for role in Self.roles + ["nothing"] {
            #expect(try await allowed(logins[role]!, tries) == [], "\(role)")
        }
        #expect(
            try await db.lines(
                """
                select rolname from pg_roles where rolname ~ '^secondline_' and (rolcanlogin or rolsuper or rolcreaterole or rolcreatedb
                       or rolreplication or rolbypassrls)
                union all
                select r.roleid::regrole || ' to ' || r.member::regrole from pg_auth_members r
                 where r.roleid::regrole::text ~ '^secondline_' and r.member::regrole::text ~ '^secondline_'
                """) == ["secondline_member to secondline_head"])
        try await db.script(
            "drop view secondline.later_view; drop table secondline.later_table; drop function secondline.later()")
        try await drop(logins)
    }

    @Test("the matrix of the README is the declaration")
    func readme() async throws {
        let marks = { (may: (String) -> String) in Self.roles.map(may).joined(separator: " | ") }
        var rows: [String: [String]] = [:]
        for function in Set(RightsTests.functions.values.joined()) where !function.contains(".") {
            rows[marks { RightsTests.functions["secondline_\($0)"]!.contains(function) ? "calls" : "" }, default: []]
                .append(function)
        }
        var lines = [
            "| | \(Self.roles.joined(separator: " | ")) |",
            "|---|\(Self.roles.map { _ in "---" }.joined(separator: "|"))|",
        ]
        for (cells, functions) in rows.sorted(by: {
            ($0.value.count, $0.value.min()!) > ($1.value.count, $1.value.min()!)
        }) {
            let names = functions.sorted().map { "`\($0)`" }
            // the long rows are those of the chapters above
            let text =
                names.count > 8
                ? names.prefix(3).joined(separator: ", ") + " and their kin" : names.joined(separator: ", ")
            lines.append("| \(text) | \(cells) |")
        }
        let tables = try await db.lines("select c.relname from \(Self.relations) order by 1")
        rows = [:]
        for table in tables {
            let cells = marks { role in
                if role == "client" { return table == "client_ticket" ? "reads" : "" }
                let hidden = (RightsTests.hidden["secondline_\(role)"] ?? []).filter { $0.hasPrefix("\(table).") }
                let reads =
                    !hidden.isEmpty
                    ? "reads, not `\(hidden.map { $0.dropFirst(table.count + 1) }.joined(separator: "`, `"))`"
                    : (RightsTests.unread["secondline_\(role)"] ?? []).contains(table) ? "" : "reads"
                let written = (Self.written[role] ?? []).filter { $0.split(separator: " ")[1].hasPrefix("\(table).") }
                return reads
                    + (written.isEmpty ? "" : written[0].hasPrefix("insert") ? ", inserts" : ", updates `ran_at`")
            }
            rows[cells, default: []].append(table)
        }
        for (cells, found) in rows.sorted(by: { ($0.value.count, $0.value.min()!) > ($1.value.count, $1.value.min()!) })
        {
            let text =
                found.count > 20
                ? "all other tables and views" : found.map { "`\($0)`" }.joined(separator: ", ")
            lines.append("| \(text) | \(cells) |")
        }
        let readme = try String(
            contentsOf: Psql.folder.deletingLastPathComponent().appending(path: "README.md"), encoding: .utf8)
        let table = lines.joined(separator: "\n") + "\n"
        #expect(readme.contains("\n\n\(table)\n"), "README.md has to have this:\n\(table)")
    }
}
