/// The built-in types that this library knows, from `pg_type.dat`.
enum OID {
    static let bool: UInt32 = 16
    static let name: UInt32 = 19
    static let int8: UInt32 = 20
    static let int2: UInt32 = 21
    static let int4: UInt32 = 23
    static let text: UInt32 = 25
    static let oid: UInt32 = 26
    static let json: UInt32 = 114
    static let xml: UInt32 = 142
    static let float4: UInt32 = 700
    static let float8: UInt32 = 701
    static let unknown: UInt32 = 705
    static let bpchar: UInt32 = 1042
    static let varchar: UInt32 = 1043
    static let timestamptz: UInt32 = 1184
    static let numeric: UInt32 = 1700
    static let jsonb: UInt32 = 3802
    static let boolArray: UInt32 = 1000
    static let int2Array: UInt32 = 1005
    static let int4Array: UInt32 = 1007
    static let textArray: UInt32 = 1009
    static let int8Array: UInt32 = 1016
    static let float8Array: UInt32 = 1022
    static let timestamptzArray: UInt32 = 1185
    /// Types that users create (enums, domains, extensions) begin here.
    static let firstUserDefined: UInt32 = 16384
}

/// For error messages.
func typeName(_ oid: UInt32) -> String {
    switch oid {
    case OID.bool: "boolean"
    case OID.int8: "bigint"
    case OID.int2: "smallint"
    case OID.int4: "integer"
    case OID.text: "text"
    case OID.float4: "real"
    case OID.float8: "double precision"
    case OID.numeric: "numeric"
    case OID.timestamptz: "timestamptz"
    case OID.jsonb: "jsonb"
    case OID.boolArray: "boolean[]"
    case OID.int4Array: "integer[]"
    case OID.int8Array: "bigint[]"
    case OID.textArray: "text[]"
    case OID.timestamptzArray: "timestamptz[]"
    case 1082: "date"
    case 1114: "timestamp without time zone"
    case 1186: "interval"
    case 2278: "void"
    case 2950: "uuid"
    case 17: "bytea"
    default: "oid \(oid)"
    }
}
