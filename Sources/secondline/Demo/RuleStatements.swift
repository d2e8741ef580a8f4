import Postgres
import Store

extension Demo {
    /// The rules of a queue that are lengths of time, at the pace of the demo. An urgent ticket never counts less than a high
    /// one, so its head start first makes way.
    struct SetRules: Statement {
        let queue: String
        /// Offers to a person in an hour of theirs; nil is no limit.
        let fairLimit: Int?
        let speed: Int

        static let sql: StaticString = """
            select secondline.set_fair_limit($1, $2::integer, interval '1 hour' / $3::bigint),
                   secondline.set_starvation_bound($1, interval '2 hours' / $3::bigint),
                   secondline.set_head_start($1, 'urgent', interval '7 days'),
                   secondline.set_head_start($1, 'high', interval '3 days' / $3::bigint),
                   secondline.set_head_start($1, 'urgent', interval '7 days' / $3::bigint),
                   secondline.set_head_start($1, 'low', interval '-3 days' / $3::bigint)
            """

        func bind(_ parameters: inout Parameters) {
            parameters.append(queue)
            parameters.append(fairLimit)
            parameters.append(speed)
        }
    }

    /// Until when something must have happened, at the pace of the demo. No clock but that of an offer runs for less than a
    /// minute of ours.
    struct SetClocks: Statement {
        let queue: String
        let speed: Int

        static let sql: StaticString = """
            with length as (
                select p.priority, greatest(p.target / $2::bigint, interval '1 minute') as target
                  from (values ('urgent'::secondline.priority, interval '30 minutes'), ('high', '1 hour'),
                               ('normal', '2 hours'), ('low', '8 hours')) p (priority, target)
            )
            select secondline.set_accept_within($1, interval '1 hour' / $2::bigint),
                   secondline.set_stalled_after($1, greatest(interval '4 hours' / $2::bigint, '1 minute')),
                   secondline.set_client_silence(
                       $1, greatest(interval '20 hours' / $2::bigint, '1 minute'),
                       greatest(interval '50 hours' / $2::bigint, '2 minutes')),
                   (select count(secondline.set_target($1, l.priority, c.clock, l.target)::text)
                      from length l cross join (values ('first_response'), ('next_response')) c (clock))
            """

        func bind(_ parameters: inout Parameters) {
            parameters.append(queue)
            parameters.append(speed)
        }
    }

    struct SetPatience: Statement {
        let team: Int64
        let speed: Int

        static let sql: StaticString = """
            select secondline.set_acknowledge_within($1, greatest(interval '30 minutes' / $2::bigint, '1 minute'))
            """

        func bind(_ parameters: inout Parameters) {
            parameters.append(team)
            parameters.append(speed)
        }
    }
}
