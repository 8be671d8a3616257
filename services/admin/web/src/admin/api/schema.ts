/** Generated from the OpenAPI document by `npm run schema`. */
export interface paths {
    "/v1/admin/action-challenges": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Post Action Challenge
         * @description A challenge for one action, which the operator's key signs within five minutes (`X-Action-Assertion`).
         */
        post: operations["post_action_challenge_v1_admin_action_challenges_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/admin/anomalies": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get Anomalies
         * @description Open anomalies of all retailers, the newest first.
         */
        get: operations["get_anomalies_v1_admin_anomalies_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/admin/anomalies/{anomaly_id}/review": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Post Review
         * @description Closes an anomaly: released, the data are what they should be; confirmed, they are not. A review stands.
         */
        post: operations["post_review_v1_admin_anomalies__anomaly_id__review_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/admin/approvals": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get Approvals
         * @description Requests in a state, the newest first.
         */
        get: operations["get_approvals_v1_admin_approvals_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/admin/approvals/{approval_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get Approval
         * @description One request with everything that its approver approves.
         */
        get: operations["get_approval_v1_admin_approvals__approval_id__get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/admin/approvals/{approval_id}/approve": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Post Approve
         * @description Carries out another person's request, once; repeated, it answers the same. A failure leaves it open.
         */
        post: operations["post_approve_v1_admin_approvals__approval_id__approve_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/admin/approvals/{approval_id}/reject": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Post Reject
         * @description Ends an open request; the person who made it withdraws it so.
         */
        post: operations["post_reject_v1_admin_approvals__approval_id__reject_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/admin/audit/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get Events
         * @description Entries behind `after`, in the chain's order.
         */
        get: operations["get_events_v1_admin_audit_events_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/admin/audit/proofs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get Proofs
         * @description Proofs that an event's, a request's or a record's entries stand in the signed log, for the offline verifier.
         */
        get: operations["get_proofs_v1_admin_audit_proofs_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/admin/audit/search": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get Search
         * @description Entries of all chains that meet every given criterion, newest first.
         */
        get: operations["get_search_v1_admin_audit_search_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/admin/audit/segments": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get Segments
         * @description The signed months of a chain, oldest first, each with its proof; those that are deleted stay.
         */
        get: operations["get_segments_v1_admin_audit_segments_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/admin/audit/segments/deletion": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Post Deletion
         * @description Requests that the oldest month of a chain is deleted, which must be due; another super admin approves it.
         */
        post: operations["post_deletion_v1_admin_audit_segments_deletion_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/admin/compliance/report": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get Report
         * @description The report of the days from `from` to `to` in India, both included.
         */
        get: operations["get_report_v1_admin_compliance_report_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/admin/compliance/reports": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Post Report
         * @description Has a report made; one that is being made, or was within the hour, is taken.
         */
        post: operations["post_report_v1_admin_compliance_reports_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/admin/compliance/reports/{report_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get Report By Id
         * @description A report, or how far it is.
         */
        get: operations["get_report_by_id_v1_admin_compliance_reports__report_id__get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/admin/distributors": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Post Distributor
         * @description Onboards a distributor: 201 with its secrets the first time, 200 without them afterwards.
         */
        post: operations["post_distributor_v1_admin_distributors_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/admin/distributors/{distributor_id}/backfill": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Post Backfill
         * @description Opens the window of the higher quota.
         */
        post: operations["post_backfill_v1_admin_distributors__distributor_id__backfill_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/admin/distributors/{distributor_id}/identity-provider": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get Provider
         * @description The distributor's own identity provider, without the secret; audited first. 404 where it has none.
         */
        get: operations["get_provider_v1_admin_distributors__distributor_id__identity_provider_get"];
        put?: never;
        /**
         * Post Provider
         * @description Requests that the distributor's people sign in at a provider of its own; another person approves it.
         *
         *     Their sessions end with it, and codes open nothing for them any more. The secret goes to the portal at once,
         *     encrypted, and is shown to nobody again: not to the second person either.
         */
        post: operations["post_provider_v1_admin_distributors__distributor_id__identity_provider_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/admin/distributors/{distributor_id}/invites": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Post Invites
         * @description Invites retailers; asking again invites nobody twice.
         */
        post: operations["post_invites_v1_admin_distributors__distributor_id__invites_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/admin/distributors/{distributor_id}/max-amount": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Post Max Amount
         * @description Sets the largest amount that is accepted from one distributor; above it a record is quarantined.
         */
        post: operations["post_max_amount_v1_admin_distributors__distributor_id__max_amount_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/admin/distributors/{distributor_id}/people": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get People
         * @description The distributor's people at the portal, contacts masked; audited first.
         */
        get: operations["get_people_v1_admin_distributors__distributor_id__people_get"];
        put?: never;
        /**
         * Post Person
         * @description Lets an owner of the distributor sign in at the portal; the same address again changes that person.
         */
        post: operations["post_person_v1_admin_distributors__distributor_id__people_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/admin/distributors/{distributor_id}/people/end-sessions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Post End All Sessions
         * @description Ends the sessions of all of the distributor's people; they may sign in anew.
         */
        post: operations["post_end_all_sessions_v1_admin_distributors__distributor_id__people_end_sessions_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/admin/distributors/{distributor_id}/people/{person_id}/end-sessions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Post End Sessions
         * @description Ends a person's sessions; they may sign in anew.
         */
        post: operations["post_end_sessions_v1_admin_distributors__distributor_id__people__person_id__end_sessions_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/admin/distributors/{distributor_id}/people/{person_id}/reactivate": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Post Reactivate Person
         * @description Lets a person in again.
         */
        post: operations["post_reactivate_person_v1_admin_distributors__distributor_id__people__person_id__reactivate_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/admin/distributors/{distributor_id}/people/{person_id}/remove": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Post Remove Person
         * @description Removes a person with their contacts; the audit keeps their id.
         */
        post: operations["post_remove_person_v1_admin_distributors__distributor_id__people__person_id__remove_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/admin/distributors/{distributor_id}/people/{person_id}/suspend": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Post Suspend Person
         * @description Ends a person's sessions and lets them start none.
         */
        post: operations["post_suspend_person_v1_admin_distributors__distributor_id__people__person_id__suspend_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/admin/distributors/{distributor_id}/portal/reactivate": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Post Reactivate
         * @description Lets the distributor's people in again.
         */
        post: operations["post_reactivate_v1_admin_distributors__distributor_id__portal_reactivate_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/admin/distributors/{distributor_id}/portal/suspend": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Post Suspend
         * @description Ends every session of the distributor's people and lets them start none.
         */
        post: operations["post_suspend_v1_admin_distributors__distributor_id__portal_suspend_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/admin/distributors/{distributor_id}/quarantine/{batch_id}/reprocess": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Post Reprocess
         * @description Requests that what passes today's rules of a batch's quarantined records goes to Bronze; another approves it.
         */
        post: operations["post_reprocess_v1_admin_distributors__distributor_id__quarantine__batch_id__reprocess_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/admin/distributors/{distributor_id}/reactivate": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Post Reactivate Distributor
         * @description Requests the end of a distributor's suspension; another person approves it.
         */
        post: operations["post_reactivate_distributor_v1_admin_distributors__distributor_id__reactivate_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/admin/distributors/{distributor_id}/revoke": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Post Revoke
         * @description Revokes every API key and certificate of a distributor: refused within a second, on open connections too.
         */
        post: operations["post_revoke_v1_admin_distributors__distributor_id__revoke_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/admin/distributors/{distributor_id}/rotate-key": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Post Rotate Key
         * @description Issues a distributor's API key and signing secret anew, and its certificate where `csr_pem` asks for one.
         */
        post: operations["post_rotate_key_v1_admin_distributors__distributor_id__rotate_key_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/admin/distributors/{distributor_id}/sftp-keys": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Post Sftp Key
         * @description Lets a distributor put files by SFTP with this key, beside its other keys.
         */
        post: operations["post_sftp_key_v1_admin_distributors__distributor_id__sftp_keys_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/admin/distributors/{distributor_id}/sftp-keys/revoke": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Post Sftp Keys Revoke
         * @description Ends every SSH key of a distributor at once, on open connections too; its connector's keys stay.
         */
        post: operations["post_sftp_keys_revoke_v1_admin_distributors__distributor_id__sftp_keys_revoke_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/admin/distributors/{distributor_id}/suspend": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Post Suspend Distributor
         * @description Requests that a distributor is refused until that is undone, its keys staying; another person approves it.
         */
        post: operations["post_suspend_distributor_v1_admin_distributors__distributor_id__suspend_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/admin/grievances": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get Grievances
         * @description Grievances with the state of their SLA; without a status those that are not resolved.
         */
        get: operations["get_grievances_v1_admin_grievances_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/admin/grievances/{grievance_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get Grievance
         * @description One grievance with its description; the reading is audited.
         */
        get: operations["get_grievance_v1_admin_grievances__grievance_id__get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/admin/grievances/{grievance_id}/acknowledge": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Post Acknowledge
         * @description Tells the lender that a person handles it.
         */
        post: operations["post_acknowledge_v1_admin_grievances__grievance_id__acknowledge_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/admin/grievances/{grievance_id}/assign": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Post Assign
         * @description Says who handles it.
         */
        post: operations["post_assign_v1_admin_grievances__grievance_id__assign_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/admin/grievances/{grievance_id}/evidence": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get Evidence
         * @description The score that was complained about, with its reasons; the reading is audited first.
         */
        get: operations["get_evidence_v1_admin_grievances__grievance_id__evidence_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/admin/grievances/{grievance_id}/notes": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get Notes
         * @description The notes of handlers; the reading is audited.
         */
        get: operations["get_notes_v1_admin_grievances__grievance_id__notes_get"];
        put?: never;
        /**
         * Post Note
         * @description Adds a note for the other handlers, kept encrypted.
         */
        post: operations["post_note_v1_admin_grievances__grievance_id__notes_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/admin/grievances/{grievance_id}/request-rescoring": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Post Rescoring
         * @description Asks for a score from corrected records.
         */
        post: operations["post_rescoring_v1_admin_grievances__grievance_id__request_rescoring_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/admin/grievances/{grievance_id}/resolve": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Post Resolve
         * @description Ends it with an answer to the lender; the retailer is told what came of it, in their language.
         */
        post: operations["post_resolve_v1_admin_grievances__grievance_id__resolve_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/admin/incidents": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get Incidents
         * @description Incidents with their clocks, newest first.
         */
        get: operations["get_incidents_v1_admin_incidents_get"];
        put?: never;
        /**
         * Post Incident
         * @description Opens an incident and starts its clocks at the instant of awareness.
         */
        post: operations["post_incident_v1_admin_incidents_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/admin/incidents/{incident_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get Incident
         * @description One incident with its clocks and the steps of the response.
         */
        get: operations["get_incident_v1_admin_incidents__incident_id__get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/admin/incidents/{incident_id}/affected": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get Affected
         * @description Affected retailers by id; the reading is audited.
         */
        get: operations["get_affected_v1_admin_incidents__incident_id__affected_get"];
        put?: never;
        /**
         * Post Affected
         * @description Adds the retailers that a query names to those who are affected.
         */
        post: operations["post_affected_v1_admin_incidents__incident_id__affected_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/admin/incidents/{incident_id}/change": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Post Change
         * @description Gives an incident another severity, or records whether it is to be reported; clocks follow.
         */
        post: operations["post_change_v1_admin_incidents__incident_id__change_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/admin/incidents/{incident_id}/close": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Post Close
         * @description Ends an incident whose required steps are all stated.
         */
        post: operations["post_close_v1_admin_incidents__incident_id__close_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/admin/incidents/{incident_id}/notices": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get Notices
         * @description Notices of an incident, newest first.
         */
        get: operations["get_notices_v1_admin_incidents__incident_id__notices_get"];
        put?: never;
        /**
         * Post Notice
         * @description Asks for a notice; nothing leaves before another operator approves the request `approval_id`.
         */
        post: operations["post_notice_v1_admin_incidents__incident_id__notices_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/admin/incidents/{incident_id}/notices/{notice_id}/document": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get Document
         * @description The notice as a form with its facts; a draft and a drill say so on the page.
         */
        get: operations["get_document_v1_admin_incidents__incident_id__notices__notice_id__document_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/admin/incidents/{incident_id}/steps": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Post Step
         * @description States that a step of the response is done or not needed.
         */
        post: operations["post_step_v1_admin_incidents__incident_id__steps_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/admin/incidents/{incident_id}/switches": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Post Switch
         * @description Operates a switch: 200 when everything is off, 207 when something is not; a drill calls nothing and says so.
         */
        post: operations["post_switch_v1_admin_incidents__incident_id__switches_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/admin/incidents/{incident_id}/timeline": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get Timeline
         * @description Every entry in order with its digest and its place in the audit chain; as CSV without formulas.
         */
        get: operations["get_timeline_v1_admin_incidents__incident_id__timeline_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/admin/lenders": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Post Lender
         * @description Onboards a lender: 201 with its secret the first time, 200 without it afterwards.
         */
        post: operations["post_lender_v1_admin_lenders_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/admin/lenders/{lender_id}/identity-provider": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get Provider
         * @description Where the lender's officers sign in, without the secret; audited first.
         */
        get: operations["get_provider_v1_admin_lenders__lender_id__identity_provider_get"];
        put?: never;
        /**
         * Post Provider
         * @description Requests where the lender's officers sign in; another person approves it, and their sessions end with it.
         *
         *     The secret goes to the portal at once, encrypted, and is shown to nobody again: not to the second person either.
         */
        post: operations["post_provider_v1_admin_lenders__lender_id__identity_provider_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/admin/lenders/{lender_id}/identity-provider/saml": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Post Saml Provider
         * @description Requests that the lender's officers sign in by SAML; another person approves it, and their sessions end with it.
         *
         *     The second person compares the digests of its certificates with what the lender wrote.
         */
        post: operations["post_saml_provider_v1_admin_lenders__lender_id__identity_provider_saml_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/admin/lenders/{lender_id}/people": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get Officers
         * @description The lender's officers, addresses masked; audited first.
         */
        get: operations["get_officers_v1_admin_lenders__lender_id__people_get"];
        put?: never;
        /**
         * Post Officer
         * @description Lets an officer sign in at the lender's identity provider; the same address again changes that person.
         */
        post: operations["post_officer_v1_admin_lenders__lender_id__people_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/admin/lenders/{lender_id}/people/end-sessions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Post End Sessions
         * @description Ends the sessions of all of the lender's officers; they may sign in anew.
         */
        post: operations["post_end_sessions_v1_admin_lenders__lender_id__people_end_sessions_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/admin/lenders/{lender_id}/people/{person_id}/end-sessions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Post End Officers Sessions
         * @description Ends an officer's sessions; they may sign in anew.
         */
        post: operations["post_end_officers_sessions_v1_admin_lenders__lender_id__people__person_id__end_sessions_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/admin/lenders/{lender_id}/people/{person_id}/reactivate": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Post Reactivate Officer
         * @description Lets an officer in again.
         */
        post: operations["post_reactivate_officer_v1_admin_lenders__lender_id__people__person_id__reactivate_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/admin/lenders/{lender_id}/people/{person_id}/remove": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Post Remove Officer
         * @description Removes an officer with their address; the audit keeps their id.
         */
        post: operations["post_remove_officer_v1_admin_lenders__lender_id__people__person_id__remove_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/admin/lenders/{lender_id}/people/{person_id}/suspend": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Post Suspend Officer
         * @description Ends an officer's sessions and lets them start none.
         */
        post: operations["post_suspend_officer_v1_admin_lenders__lender_id__people__person_id__suspend_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/admin/lenders/{lender_id}/reactivate": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Post Reactivate
         * @description Requests that a suspended lender may sign in anew, with the secret it had; another person approves it.
         */
        post: operations["post_reactivate_v1_admin_lenders__lender_id__reactivate_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/admin/lenders/{lender_id}/revoke-tokens": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Post Revoke Tokens
         * @description Voids all tokens and refresh tokens of a lender, or one token by its jti; refused everywhere within a second.
         */
        post: operations["post_revoke_tokens_v1_admin_lenders__lender_id__revoke_tokens_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/admin/lenders/{lender_id}/rotate-secret": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Post Rotate Secret
         * @description A new client secret: 201 with it, 200 without it when the command is repeated.
         */
        post: operations["post_rotate_secret_v1_admin_lenders__lender_id__rotate_secret_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/admin/lenders/{lender_id}/suspend": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Post Suspend
         * @description Requests that a lender and its sandbox client are refused everything; another person approves it.
         *
         *     Until then `revoke-tokens`, which one person may do, ends what is signed in.
         */
        post: operations["post_suspend_v1_admin_lenders__lender_id__suspend_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/admin/models/challenger": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Post Challenger
         * @description Proposes, or approves, a model that scores every run beside the champion and is served to nobody.
         */
        post: operations["post_challenger_v1_admin_models_challenger_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/admin/models/challenger/withdraw": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Post Withdraw
         * @description Proposes, or approves, that no challenger scores any more.
         */
        post: operations["post_withdraw_v1_admin_models_challenger_withdraw_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/admin/models/freeze": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Post Freeze
         * @description Proposes, or approves, that nothing is scored; lenders get the scores of before, with low confidence.
         */
        post: operations["post_freeze_v1_admin_models_freeze_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/admin/models/promote": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Post Promote
         * @description Proposes a model, or approves another operator's proposal by stating the same.
         */
        post: operations["post_promote_v1_admin_models_promote_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/admin/models/rollback": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Post Rollback
         * @description Proposes, or approves, the return to the champion before the present one.
         */
        post: operations["post_rollback_v1_admin_models_rollback_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/admin/models/unfreeze": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Post Unfreeze
         * @description Proposes, or approves, the end of a freeze, whoever began it.
         */
        post: operations["post_unfreeze_v1_admin_models_unfreeze_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/admin/operators": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get Operators
         * @description Every security key, by operator.
         */
        get: operations["get_operators_v1_admin_operators_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/admin/operators/{operator_id}/key-invitations": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Post Key Invitation
         * @description Requests an invitation of an operator to register a key; another manager approves it within 24 hours.
         *
         *     Neither of the two is the invited one. The code is shown here and nowhere else, and opens nothing before that.
         */
        post: operations["post_key_invitation_v1_admin_operators__operator_id__key_invitations_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/admin/operators/{operator_id}/keys/{key_id}/revoke": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Post Key Revoke
         * @description Ends a lost or suspended key for ever, with every admin token that it gave; one person is enough.
         */
        post: operations["post_key_revoke_v1_admin_operators__operator_id__keys__key_id__revoke_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/admin/operators/{operator_id}/sessions/end": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Post Sessions End
         * @description Ends every session of an operator at once.
         */
        post: operations["post_sessions_end_v1_admin_operators__operator_id__sessions_end_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/admin/overview": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get Overview
         * @description Partners, invites, promotions and anomalies in figures.
         */
        get: operations["get_overview_v1_admin_overview_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/admin/parked-events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get Parked Overview
         * @description How much every service has set aside; one that does not answer hides no other.
         */
        get: operations["get_parked_overview_v1_admin_parked_events_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/admin/parked-events/{service}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get Parked Events
         * @description The oldest first: all, those that were refused, or those that hold back later events of their key.
         */
        get: operations["get_parked_events_v1_admin_parked_events__service__get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/admin/parked-events/{service}/orders/{order_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get Parked Order
         * @description How an order stands: `done_at` is null while the service's worker has not come to it.
         */
        get: operations["get_parked_order_v1_admin_parked_events__service__orders__order_id__get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/admin/parked-events/{service}/{event}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get Parked Event
         * @description One event, by its number; its content is never shown.
         */
        get: operations["get_parked_event_v1_admin_parked_events__service___event__get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/admin/parked-events/{service}/{event}/dismiss": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Post Dismiss
         * @description Has the service put one event away for good, within 15 minutes of a dry run that has looked at it.
         *
         *     Refused of an event that changes what somebody may see or do: two persons dismiss it (`dismissal-requests`).
         */
        post: operations["post_dismiss_v1_admin_parked_events__service___event__dismiss_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/admin/parked-events/{service}/{event}/dismissal-requests": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Post Dismissal Request
         * @description Requests that an event is put away for good; another person approves it, and the order follows at once.
         *
         *     The order's number is the approval's, so that `orders` tells what came of it.
         */
        post: operations["post_dismissal_request_v1_admin_parked_events__service___event__dismissal_requests_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/admin/parked-events/{service}/{event}/dry-run": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Post Dry Run
         * @description Has the service try one event, with everything taken back; the answer's order says what came of it.
         */
        post: operations["post_dry_run_v1_admin_parked_events__service___event__dry_run_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/admin/parked-events/{service}/{event}/replay": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Post Replay
         * @description Has the service apply one event with what waits behind it, within 15 minutes of a dry run that went well.
         *
         *     An event that fails again stays set aside with its new reason, and nothing behind it is tried.
         */
        post: operations["post_replay_v1_admin_parked_events__service___event__replay_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/admin/raw-access": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Post Raw Access
         * @description Requests to see who a retailer is, or a distributor's retailers; another super admin approves it.
         */
        post: operations["post_raw_access_v1_admin_raw_access_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/admin/retailers/{retailer_id}/anomalies": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get Anomalies Of Retailer
         * @description Open and closed anomalies of a retailer, the newest first.
         */
        get: operations["get_anomalies_of_retailer_v1_admin_retailers__retailer_id__anomalies_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/admin/retailers/{retailer_id}/consent-history": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get Consent History
         * @description Every invite and every signed record of a retailer; the reading is audited.
         */
        get: operations["get_consent_history_v1_admin_retailers__retailer_id__consent_history_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/admin/retailers/{retailer_id}/erasure": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Put Erasure
         * @description Takes in a request of erasure and starts its 30 days; while one is open, that one is the answer.
         */
        put: operations["put_erasure_v1_admin_retailers__retailer_id__erasure_put"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/admin/retailers/{retailer_id}/export": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get Export
         * @description Everything that is held, whole or not at all, for an open and verified request of access; audited first.
         */
        get: operations["get_export_v1_admin_retailers__retailer_id__export_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/admin/retailers/{retailer_id}/identity": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get Identity
         * @description Phone, GSTIN and shop name in the clear, while an access of the operator runs; each reading is audited.
         */
        get: operations["get_identity_v1_admin_retailers__retailer_id__identity_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/admin/retailers/{retailer_id}/phones/confirm": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Post Confirm Phone
         * @description Confirms a second phone of a retailer, once operations have made sure that it belongs to the retailer.
         */
        post: operations["post_confirm_phone_v1_admin_retailers__retailer_id__phones_confirm_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/admin/rights": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get Rights
         * @description Requests with their clocks, the most urgent first.
         */
        get: operations["get_rights_v1_admin_rights_get"];
        put?: never;
        /**
         * Post Rights
         * @description Takes in a request and starts its clock; while one of its kind is open, that one is the answer.
         */
        post: operations["post_rights_v1_admin_rights_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/admin/rights/{request_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get Rights Request
         * @description One request with its log; the reading is audited.
         */
        get: operations["get_rights_request_v1_admin_rights__request_id__get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/admin/rights/{request_id}/close": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Post Close
         * @description Ends an answered request.
         */
        post: operations["post_close_v1_admin_rights__request_id__close_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/admin/rights/{request_id}/correction": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Post Correction
         * @description Asks a distributor to correct its records and to send them again.
         */
        post: operations["post_correction_v1_admin_rights__request_id__correction_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/admin/rights/{request_id}/correction/confirm": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Post Correction Confirmed
         * @description The distributor's corrected records have arrived.
         */
        post: operations["post_correction_confirmed_v1_admin_rights__request_id__correction_confirm_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/admin/rights/{request_id}/evidence": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Post Evidence
         * @description Attaches documents of a nominee or a guardian; a request refused for want of them begins now.
         */
        post: operations["post_evidence_v1_admin_rights__request_id__evidence_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/admin/rights/{request_id}/nomination": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Post Nomination
         * @description Records under which number the nomination is filed; who was nominated stands in the document alone.
         */
        post: operations["post_nomination_v1_admin_rights__request_id__nomination_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/admin/rights/{request_id}/notice": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Post Notice
         * @description The retailer was told of the erasure by other means than a message of ours; the 48 hours begin now.
         */
        post: operations["post_notice_v1_admin_rights__request_id__notice_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/admin/rights/{request_id}/object": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Post Object
         * @description The retailer takes the request back; an erasure does not happen.
         */
        post: operations["post_object_v1_admin_rights__request_id__object_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/admin/rights/{request_id}/proof": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get Proof
         * @description The vault's certificate and what every store reported, for the person and for the offline verifier.
         */
        get: operations["get_proof_v1_admin_rights__request_id__proof_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/admin/rights/{request_id}/propose-erasure": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Post Propose
         * @description Proposes the erasure, 48 hours after the retailer was told; another person approves it within 24 hours.
         */
        post: operations["post_propose_v1_admin_rights__request_id__propose_erasure_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/admin/rights/{request_id}/refuse": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Post Refuse
         * @description Ends a request with a reason.
         */
        post: operations["post_refuse_v1_admin_rights__request_id__refuse_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/admin/rights/{request_id}/request-rescoring": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Post Rescoring
         * @description Asks for a score from the corrected records.
         */
        post: operations["post_rescoring_v1_admin_rights__request_id__request_rescoring_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/admin/rights/{request_id}/verify": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Post Verify
         * @description Records how the requester was verified; the notice of an erasure is sent then.
         */
        post: operations["post_verify_v1_admin_rights__request_id__verify_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/admin/saml/acs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Post Acs
         * @description Takes the identity provider's response from the browser that asked for it, once.
         *
         *     A browser that wants a page gets the sign-in with what to do, anything else the problem as JSON.
         */
        post: operations["post_acs_v1_admin_saml_acs_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/admin/saml/login": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get Login
         * @description Sends the browser to the identity provider; `next` is where it goes afterwards.
         */
        get: operations["get_login_v1_admin_saml_login_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/admin/saml/metadata": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get Metadata
         * @description What the identity provider needs to know of us: entity id, ACS and the certificate of our requests.
         */
        get: operations["get_metadata_v1_admin_saml_metadata_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/admin/security-keys": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Post Security Key
         * @description Registers the key; the invitation is used up.
         */
        post: operations["post_security_key_v1_admin_security_keys_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/admin/security-keys/challenge": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Post Registration Challenge
         * @description A challenge for a new key of an invited operator, who is signed in by the identity provider.
         */
        post: operations["post_registration_challenge_v1_admin_security_keys_challenge_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/admin/session": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get Session
         * @description Who is signed in, and the CSRF token of this session.
         */
        get: operations["get_session_v1_admin_session_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/admin/session/challenge": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Post Challenge
         * @description What one of the operator's keys signs for an admin token.
         */
        post: operations["post_challenge_v1_admin_session_challenge_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/admin/session/logout": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Post Logout
         * @description Ends this session, or all of the operator's, with their admin tokens.
         */
        post: operations["post_logout_v1_admin_session_logout_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/admin/session/token": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Post Token
         * @description An admin token for fifteen minutes, in a cookie; it is never renewed, a new one needs a new touch.
         */
        post: operations["post_token_v1_admin_session_token_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/admin/switches": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get Switches
         * @description Whether lenders are served and distributors' data accepted, as far as their owners answer.
         */
        get: operations["get_switches_v1_admin_switches_get"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/admin/switches/{target}/off": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Post Off
         * @description Off at once, by one person: refused with 503 by every replica within a second, until two switch it on.
         */
        post: operations["post_off_v1_admin_switches__target__off_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/admin/switches/{target}/on": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Post On
         * @description Requests that it goes on again; another person approves it.
         */
        post: operations["post_on_v1_admin_switches__target__on_post"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /**
         * AccessIn
         * @description Why; a UUID as X-Request-ID makes repeating safe.
         */
        AccessIn: {
            /**
             * Reason
             * @enum {string}
             */
            reason: "compromise" | "lender_request" | "misuse" | "offboarding" | "rotation" | "drill" | "resolved";
        };
        /**
         * AccessOut
         * @description The result; a new secret only in the first answer, never again.
         */
        AccessOut: {
            /** Client Secret */
            client_secret?: string | null;
            /** Former Valid Until */
            former_valid_until?: string | null;
            /** Is Repeated */
            is_repeated: boolean;
            /** Lender Id */
            lender_id: string;
        };
        /**
         * ActionIn
         * @description What will be done, exactly: a confirmation holds for nothing else.
         */
        ActionIn: {
            /** Body Sha256 */
            body_sha256: string;
            /**
             * Method
             * @enum {string}
             */
            method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
            /** Path */
            path: string;
        };
        /**
         * AffectedIn
         * @description Whose retailers; each part adds to the list.
         */
        AffectedIn: {
            /** Distributor Ids */
            distributor_ids?: string[];
            /** Lender Ids */
            lender_ids?: string[];
            /** Retailer Ids */
            retailer_ids?: string[];
            /** Since */
            since?: string | null;
            /** Until */
            until?: string | null;
        };
        /**
         * AffectedOut
         * @description How many retailers the query added, and how many there are.
         */
        AffectedOut: {
            /** Added */
            added: number;
            /** Total */
            total: number;
        };
        /**
         * AffectedPage
         * @description Affected retailers by id.
         */
        AffectedPage: {
            /** Items */
            items: components["schemas"]["AffectedRetailer"][];
            /** Next Cursor */
            next_cursor: string | null;
            /** Total */
            total: number;
        };
        /**
         * AffectedRetailer
         * @description An affected retailer and the query that named it first.
         */
        AffectedRetailer: {
            /** Retailer Id */
            retailer_id: string;
            /** Source */
            source: string;
        };
        /**
         * AnomaliesOut
         * @description A page, the newest first; `next` is the `cursor` of the following page, null at the end.
         */
        AnomaliesOut: {
            /** Anomalies */
            anomalies: components["schemas"]["AnomalyOut"][];
            /** Next */
            next: string | null;
        };
        /**
         * AnomalyOut
         * @description Data of a retailer that look manipulated or broken.
         */
        AnomalyOut: {
            /** Anomaly Id */
            anomaly_id: string;
            /** Closed At */
            closed_at: string | null;
            /**
             * Detected At
             * Format: date-time
             */
            detected_at: string;
            /** Retailer Id */
            retailer_id: string;
            /**
             * Review
             * @description `released` or `confirmed`, by a person; null while nobody looked.
             */
            review: string | null;
            /** Reviewed At */
            reviewed_at: string | null;
            /** Reviewed By */
            reviewed_by: string | null;
            /** Run Id */
            run_id: string;
            /**
             * Score
             * @description Anomaly score; above the threshold the retailer is sent to manual review.
             */
            score: number;
            /** Status */
            status: string;
            /** Threshold */
            threshold: number;
        };
        /**
         * Approval
         * @description Who made the statement, and when.
         */
        Approval: {
            /**
             * At
             * Format: date-time
             */
            at: string;
            /** Operator Id */
            operator_id: string;
        };
        /**
         * ApprovalOut
         * @description A request, who made it, and what became of it.
         */
        ApprovalOut: {
            /** Approval Id */
            approval_id: string;
            /** Approved At */
            approved_at?: string | null;
            /** Approved By */
            approved_by?: string | null;
            /** Close Reason */
            close_reason?: string | null;
            /** Closed At */
            closed_at?: string | null;
            /** Closed By */
            closed_by?: string | null;
            /** Content */
            content: {
                [key: string]: unknown;
            };
            /** Content Sha256 */
            content_sha256: string;
            /**
             * Expires At
             * Format: date-time
             */
            expires_at: string;
            /** Failed At */
            failed_at?: string | null;
            /**
             * Failure
             * @description Code of the last execution that failed; it stays open.
             */
            failure?: string | null;
            /** Kind */
            kind: string;
            /**
             * Proposed At
             * Format: date-time
             */
            proposed_at: string;
            /** Proposed By */
            proposed_by: string;
            /**
             * Result
             * @description Of the execution, without secrets.
             */
            result?: {
                [key: string]: unknown;
            } | null;
            state: components["schemas"]["altscore_admin__approvals__domain__State"];
            /** Subject */
            subject: string;
        };
        /**
         * ApprovalsOut
         * @description A page, the newest first; `next_cursor` is null at the end.
         */
        ApprovalsOut: {
            /** Items */
            items: components["schemas"]["ApprovalOut"][];
            /** Next Cursor */
            next_cursor: string | null;
        };
        /**
         * ApproveIn
         * @description The digest of the content that the approver was shown.
         */
        ApproveIn: {
            /** Content Sha256 */
            content_sha256: string;
        };
        /**
         * AssertionChallengeOut
         * @description A challenge and `PublicKeyCredentialRequestOptionsJSON`.
         */
        AssertionChallengeOut: {
            /** Challenge Id */
            challenge_id: string;
            /**
             * Options
             * @description For PublicKeyCredential.parseRequestOptionsFromJSON().
             */
            options: {
                [key: string]: unknown;
            };
        };
        /**
         * AssertionPart
         * @description AuthenticatorAssertionResponseJSON; what browsers add is passed over.
         */
        AssertionPart: {
            /** Authenticatordata */
            authenticatorData: string;
            /** Clientdatajson */
            clientDataJSON: string;
            /** Signature */
            signature: string;
            /** Userhandle */
            userHandle?: string | null;
        };
        /**
         * AssignIn
         * @description Who handles it; null for nobody.
         */
        AssignIn: {
            /** Assignee */
            assignee: string | null;
        };
        /**
         * AttestationPart
         * @description AuthenticatorAttestationResponseJSON.
         */
        AttestationPart: {
            /** Attestationobject */
            attestationObject: string;
            /** Clientdatajson */
            clientDataJSON: string;
        };
        /**
         * AuditEventsOut
         * @description A page of a chain as the audit service keeps it; `next` is the `after` of the following page.
         */
        AuditEventsOut: {
            /** Events */
            events: {
                [key: string]: unknown;
            }[];
            /** Next */
            next: number | null;
        };
        /**
         * AuditProofsOut
         * @description Proofs as the audit service makes them: entry, path in the Merkle tree, signed checkpoint.
         *
         *     `unsigned` are entries that no checkpoint covers yet, for a minute at most.
         */
        AuditProofsOut: {
            /** Proofs */
            proofs: {
                [key: string]: unknown;
            }[];
            /** Unsigned */
            unsigned: {
                [key: string]: unknown;
            }[];
        };
        /**
         * AuditSearchOut
         * @description Entries as the audit service keeps them, newest first; `next` is the `cursor` of the following page.
         *
         *     A page with fewer entries than asked for can have a next one; the end is where `next` is null.
         */
        AuditSearchOut: {
            /** Events */
            events: {
                [key: string]: unknown;
            }[];
            /** Next */
            next: string | null;
        };
        /**
         * AuthenticationCredential
         * @description AuthenticationResponseJSON of a browser.
         */
        AuthenticationCredential: {
            /** Id */
            id: string;
            /** Rawid */
            rawId: string;
            response: components["schemas"]["AssertionPart"];
            /**
             * Type
             * @constant
             */
            type: "public-key";
        };
        /**
         * BackfillIn
         * @description How long the window stays open.
         */
        BackfillIn: {
            /** Hours */
            hours: number;
        };
        /**
         * BackfillOut
         * @description When the window closes.
         */
        BackfillOut: {
            /** Distributor Id */
            distributor_id: string;
            /** Open Until */
            open_until: string;
        };
        /**
         * ChangeIn
         * @description Another severity, or what legal counsel determined about reports.
         */
        ChangeIn: {
            /** Is Reportable */
            is_reportable?: boolean | null;
            /**
             * Note
             * @default
             */
            note: string;
            /** Severity */
            severity?: ("P1" | "P2" | "P3" | "P4") | null;
        };
        /**
         * CodeIn
         * @description The code that the first of the two inviting persons handed over.
         */
        CodeIn: {
            /** Code */
            code: string;
        };
        /**
         * ConsentHistoryOut
         * @description What consent keeps of a retailer: invites, and signed records with whether they still verify.
         */
        ConsentHistoryOut: {
            /** Invites */
            invites: {
                [key: string]: unknown;
            }[];
            /** Records */
            records: {
                [key: string]: unknown;
            }[];
            /** Retailer Id */
            retailer_id: string;
        };
        /**
         * CorrectionIn
         * @description Which distributor is asked to correct which of its records.
         */
        CorrectionIn: {
            /** Distributor Id */
            distributor_id: string;
            /**
             * Subject
             * @enum {string}
             */
            subject: "invoices" | "payments" | "returns" | "identity" | "other_records";
            /** Ticket */
            ticket: string;
        };
        /**
         * DecisionOut
         * @description `proposed` until a second operator states the same, then `decided`.
         */
        DecisionOut: {
            /** Approvals */
            approvals: components["schemas"]["Approval"][];
            /** Decision Id */
            decision_id: string;
            /** Kind */
            kind: string;
            /** Model Name */
            model_name: string;
            /** Status */
            status: string;
        };
        /**
         * DeletionIn
         * @description Which month is deleted, and the ticket that says why.
         */
        DeletionIn: {
            /**
             * Chain
             * @enum {string}
             */
            chain: "general" | "failed_auth";
            /** Month */
            month: string;
            /**
             * Ticket
             * @description Number of a ticket that says why.
             */
            ticket: string;
        };
        /**
         * DismissalIn
         * @description Why nothing is lost by it, and the digest of the message that the dry run looked at.
         */
        DismissalIn: {
            /**
             * Reason
             * @enum {string}
             */
            reason: "forged" | "published_anew" | "superseded" | "unreadable" | "drill";
            /** Sha256 */
            sha256: string;
            /**
             * Ticket
             * @description Number of a ticket that says why.
             */
            ticket: string;
        };
        /**
         * DismissalRequestIn
         * @description The dry run says what the other person is shown of the event: its name, where it can be read.
         */
        DismissalRequestIn: {
            /**
             * Dry Run Id
             * @description The order of the dry run that looked at the event.
             */
            dry_run_id: string;
            /**
             * Reason
             * @enum {string}
             */
            reason: "forged" | "published_anew" | "superseded" | "unreadable" | "drill";
            /** Sha256 */
            sha256: string;
            /**
             * Ticket
             * @description Number of a ticket that says why.
             */
            ticket: string;
        };
        /**
         * DistributorIn
         * @description A distributor and its connector's certificate request (PKCS#10, PEM).
         */
        DistributorIn: {
            /** Csr Pem */
            csr_pem: string;
            /** Distributor Id */
            distributor_id?: string | null;
            /** Name */
            name: string;
        };
        /**
         * DistributorOut
         * @description The distributor's certificate; secrets only in the first answer, never again.
         */
        DistributorOut: {
            /** Api Key */
            api_key?: string | null;
            /** Ca Pem */
            ca_pem?: string | null;
            /** Certificate Pem */
            certificate_pem?: string | null;
            /** Distributor Id */
            distributor_id: string;
            /** Signing Secret */
            signing_secret?: string | null;
        };
        /**
         * DistributorRow
         * @description A distributor and how many invites were sent for it.
         */
        DistributorRow: {
            /** Distributor Id */
            distributor_id: string;
            /** Invited */
            invited: number;
            /** Name */
            name: string;
            /**
             * Requested At
             * Format: date-time
             */
            requested_at: string;
            /** Status */
            status: string;
        };
        /**
         * EnrolledOut
         * @description Who that person is; `created` is false when they were enrolled before.
         */
        EnrolledOut: {
            /** Created */
            created: boolean;
            /** Person Id */
            person_id: string;
        };
        /**
         * EntryOut
         * @description An entry of the timeline; the audit position is null while the audit service has not chained it.
         */
        EntryOut: {
            /**
             * At
             * Format: date-time
             */
            at: string;
            /** Audit Chain */
            audit_chain: string | null;
            /** Audit Seq */
            audit_seq: number | null;
            /** By */
            by: string;
            /** Details */
            details: {
                [key: string]: string;
            };
            /** Entry Sha256 */
            entry_sha256: string;
            /** Kind */
            kind: string;
            /** Note */
            note: string;
            /** Outcome */
            outcome: string;
            /** Seq */
            seq: number;
            /** Subject */
            subject: string;
        };
        /**
         * Evaluation
         * @description The out-of-time report; whatever else it holds is signed with it. A figure that could not be computed is null.
         */
        Evaluation: {
            /** Air Min */
            air_min: unknown;
            /** Auroc */
            auroc: unknown;
            /** Ks */
            ks: unknown;
        } & {
            [key: string]: unknown;
        };
        /**
         * EvidenceIn
         * @description Documents by the numbers that they are filed under.
         */
        EvidenceIn: {
            /** Evidence */
            evidence: string[];
        };
        /**
         * EvidenceOut
         * @description The score that was complained about as scoring signed it, with its reasons; null when it is no longer held.
         *
         *     Numeric contributions are scoring's own and stand in no interface: `altscore_scoring replay` shows them.
         */
        EvidenceOut: {
            /** Blocks */
            blocks: {
                [key: string]: unknown;
            }[];
            /**
             * Other Scores
             * @description Of the same retailer, newest first.
             */
            other_scores: {
                [key: string]: unknown;
            }[];
            /** Score */
            score: {
                [key: string]: unknown;
            } | null;
        };
        /**
         * ExportOut
         * @description Everything that is held of a retailer, in the clear; handed on to the person, kept nowhere.
         */
        ExportOut: {
            /**
             * Elsewhere
             * @description What else is held, and why it is in no part.
             */
            elsewhere: string[];
            /**
             * Exported At
             * Format: date-time
             */
            exported_at: string;
            /** Parts */
            parts: components["schemas"]["PartOut"][];
            /** Request Id */
            request_id: string;
            /**
             * Retailer Ids
             * @description Every id of the shop.
             */
            retailer_ids: string[];
        };
        /**
         * FactsIn
         * @description What a document tells; no personal data.
         */
        FactsIn: {
            /**
             * Consequences
             * @default
             */
            consequences: string;
            /**
             * Contact
             * @default
             */
            contact: string;
            /**
             * Extent
             * @default
             */
            extent: string;
            /**
             * Measures
             * @default
             */
            measures: string;
            /**
             * Nature
             * @default
             */
            nature: string;
        };
        /**
         * FailedTarget
         * @description What is still on, and the refusal's code.
         */
        FailedTarget: {
            /** Code */
            code: string;
            /** Target */
            target: string;
        };
        /**
         * FreezeIn
         * @description Why scoring stops; the second operator must state exactly the same.
         */
        FreezeIn: {
            /** Model Name */
            model_name: string;
            /**
             * Reason
             * @enum {string}
             */
            reason: "model_error" | "data_error" | "fairness" | "fraud" | "regulator" | "drill";
            /**
             * Ticket
             * @description Number of a ticket that says why.
             */
            ticket: string;
        };
        /**
         * GrievanceOut
         * @description A grievance without its description.
         */
        GrievanceOut: {
            /**
             * Ack By
             * Format: date-time
             */
            ack_by: string;
            /** Acknowledged At */
            acknowledged_at: string | null;
            /** Acknowledged By */
            acknowledged_by: string | null;
            /** Assigned At */
            assigned_at: string | null;
            /** Assigned To */
            assigned_to: string | null;
            /**
             * Filed At
             * Format: date-time
             */
            filed_at: string;
            /** Grievance Id */
            grievance_id: string;
            /** Grievance Type */
            grievance_type: string;
            /** Lender Id */
            lender_id: string;
            /** Outcome */
            outcome: string | null;
            /** Rescoring Requested At */
            rescoring_requested_at: string | null;
            /** Resolution */
            resolution: string | null;
            /**
             * Resolution By
             * Format: date-time
             */
            resolution_by: string;
            /** Resolved At */
            resolved_at: string | null;
            /** Resolved By */
            resolved_by: string | null;
            /** Retailer Id */
            retailer_id: string;
            /** Score Id */
            score_id: string;
            sla: components["schemas"]["SlaOut"];
            /**
             * Status
             * @enum {string}
             */
            status: "open" | "acknowledged" | "resolved";
        };
        /**
         * GrievanceWhole
         * @description With the lender's description; null where none of our keys decrypts it.
         */
        GrievanceWhole: {
            /**
             * Ack By
             * Format: date-time
             */
            ack_by: string;
            /** Acknowledged At */
            acknowledged_at: string | null;
            /** Acknowledged By */
            acknowledged_by: string | null;
            /** Assigned At */
            assigned_at: string | null;
            /** Assigned To */
            assigned_to: string | null;
            /** Description */
            description: string | null;
            /**
             * Filed At
             * Format: date-time
             */
            filed_at: string;
            /** Grievance Id */
            grievance_id: string;
            /** Grievance Type */
            grievance_type: string;
            /** Lender Id */
            lender_id: string;
            /** Outcome */
            outcome: string | null;
            /** Rescoring Requested At */
            rescoring_requested_at: string | null;
            /** Resolution */
            resolution: string | null;
            /**
             * Resolution By
             * Format: date-time
             */
            resolution_by: string;
            /** Resolved At */
            resolved_at: string | null;
            /** Resolved By */
            resolved_by: string | null;
            /** Retailer Id */
            retailer_id: string;
            /** Score Id */
            score_id: string;
            sla: components["schemas"]["SlaOut"];
            /**
             * Status
             * @enum {string}
             */
            status: "open" | "acknowledged" | "resolved";
        };
        /**
         * GrievancesOut
         * @description A page, the longest overdue first; `next_cursor` is the `cursor` of the following page, null at the end.
         */
        GrievancesOut: {
            /** Grievances */
            grievances: components["schemas"]["GrievanceOut"][];
            /** Next Cursor */
            next_cursor: string | null;
        };
        /**
         * IdentityOut
         * @description Who a retailer is, under which approval, and until when it may be read.
         */
        IdentityOut: {
            /** Approval Id */
            approval_id: string;
            /** Approved By */
            approved_by: string;
            /**
             * Ends At
             * Format: date-time
             */
            ends_at: string;
            /** Ledgers */
            ledgers: components["schemas"]["LedgerOut"][];
            /** Retailer Id */
            retailer_id: string;
        };
        /**
         * IncidentIn
         * @description An incident to open; the title holds no personal data.
         */
        IncidentIn: {
            /**
             * Aware At
             * @description When we became aware; now, where it is missing.
             */
            aware_at?: string | null;
            /**
             * Is Drill
             * @default false
             */
            is_drill: boolean;
            /**
             * Kind
             * @enum {string}
             */
            kind: "data_breach" | "unauthorised_access" | "ransomware" | "platform_outage" | "authentication_down" | "model_serving_down" | "consent_down" | "anomalous_access" | "component_degraded" | "test_finding" | "policy_violation" | "vulnerability";
            /**
             * Severity
             * @enum {string}
             */
            severity: "P1" | "P2" | "P3" | "P4";
            /** Title */
            title: string;
        };
        /**
         * IncidentOut
         * @description With the steps of the response.
         */
        IncidentOut: {
            /**
             * Affected
             * @description Retailers who are affected, as far as it is known.
             */
            affected: number;
            /**
             * Aware At
             * Format: date-time
             */
            aware_at: string;
            /** Clocks */
            clocks: components["schemas"]["altscore_admin__incidents__schemas__ClockOut"][];
            /** Incident Id */
            incident_id: string;
            /** Is Drill */
            is_drill: boolean;
            /** Is Reportable */
            is_reportable: boolean | null;
            /** Kind */
            kind: string;
            /**
             * Opened At
             * Format: date-time
             */
            opened_at: string;
            /** Opened By */
            opened_by: string;
            /**
             * Severity
             * @enum {string}
             */
            severity: "P1" | "P2" | "P3" | "P4";
            /**
             * Status
             * @enum {string}
             */
            status: "open" | "contained" | "closed";
            /** Steps */
            steps: components["schemas"]["altscore_admin__incidents__schemas__StepOut"][];
            /** Title */
            title: string;
        };
        /**
         * IncidentSummary
         * @description An incident and its clocks.
         */
        IncidentSummary: {
            /**
             * Affected
             * @description Retailers who are affected, as far as it is known.
             */
            affected: number;
            /**
             * Aware At
             * Format: date-time
             */
            aware_at: string;
            /** Clocks */
            clocks: components["schemas"]["altscore_admin__incidents__schemas__ClockOut"][];
            /** Incident Id */
            incident_id: string;
            /** Is Drill */
            is_drill: boolean;
            /** Is Reportable */
            is_reportable: boolean | null;
            /** Kind */
            kind: string;
            /**
             * Opened At
             * Format: date-time
             */
            opened_at: string;
            /** Opened By */
            opened_by: string;
            /**
             * Severity
             * @enum {string}
             */
            severity: "P1" | "P2" | "P3" | "P4";
            /**
             * Status
             * @enum {string}
             */
            status: "open" | "contained" | "closed";
            /** Title */
            title: string;
        };
        /**
         * IncidentsOut
         * @description Incidents, newest first; `next_cursor` is the `cursor` of the following page, null at the end.
         */
        IncidentsOut: {
            /** Items */
            items: components["schemas"]["IncidentSummary"][];
            /** Next Cursor */
            next_cursor: string | null;
        };
        /**
         * IntakeIn
         * @description How a request came in and who asks.
         */
        IntakeIn: {
            /**
             * Channel
             * @enum {string}
             */
            channel: "whatsapp" | "phone" | "letter" | "lender";
            /**
             * Evidence
             * @description Documents of death or incapacity and nomination, or of the guardianship.
             * @default []
             */
            evidence: string[];
            /**
             * Is Minor
             * @description The data are of a person under 18.
             * @default false
             */
            is_minor: boolean;
            /**
             * Language
             * @description In which the retailer is told.
             * @default hi
             * @enum {string}
             */
            language: "hi" | "en";
            /** @default retailer */
            requester: components["schemas"]["Requester"];
            /** Ticket */
            ticket: string;
        };
        /**
         * InvitedOut
         * @description An invitation that waits for the second person; the code is shown here and nowhere else.
         */
        InvitedOut: {
            /** Approval Id */
            approval_id: string;
            /** Code */
            code: string;
            /** Content */
            content: {
                [key: string]: unknown;
            };
            /** Content Sha256 */
            content_sha256: string;
            /**
             * Expires At
             * Format: date-time
             */
            expires_at: string;
            state: components["schemas"]["altscore_admin__approvals__domain__State"];
        };
        /**
         * InvitesIn
         * @description Whom to ask for what: all retailers of the distributor, or those named.
         */
        InvitesIn: {
            /** Language */
            language?: ("hi" | "en") | null;
            language_share?: components["schemas"]["LanguageShare"] | null;
            /** Lender Scope */
            lender_scope: string[];
            /** Purpose */
            purpose: string;
            /** Retailer Ids */
            retailer_ids?: string[] | null;
        };
        /**
         * InvitesOut
         * @description How many of each outcome.
         *
         *     `unreachable`: no confirmed phone in this distributor's ledger; `refused`: by consent; `unknown`: named, and not a
         *     retailer of this distributor.
         */
        InvitesOut: {
            /** Already Open */
            already_open: number;
            /** Invited */
            invited: number;
            /** Refused */
            refused: number;
            /** Unknown */
            unknown: number;
            /** Unreachable */
            unreachable: number;
        };
        /**
         * KeyOut
         * @description A key, without what it signs with or was signed by.
         */
        KeyOut: {
            /**
             * Aaguid
             * Format: uuid
             */
            aaguid: string;
            /** Attestation Format */
            attestation_format: string;
            /** Key Id */
            key_id: string;
            /** Last Used At */
            last_used_at: string | null;
            /** Operator Id */
            operator_id: string;
            /**
             * Registered At
             * Format: date-time
             */
            registered_at: string;
            /**
             * Status
             * @enum {string}
             */
            status: "active" | "suspended" | "revoked";
            /** Status At */
            status_at: string | null;
        };
        /**
         * KeysOut
         * @description A page of keys by operator; `next_cursor` is the following page's `cursor`, null at the end.
         */
        KeysOut: {
            /** Items */
            items: components["schemas"]["KeyOut"][];
            /** Next Cursor */
            next_cursor: string | null;
        };
        /**
         * Kind
         * @description What a retailer asks for.
         * @enum {string}
         */
        Kind: "access" | "correction" | "erasure" | "nominee";
        /**
         * LanguageShare
         * @description Parts of the retailers that are written to in each language; they add up to 1.
         */
        LanguageShare: {
            /** En */
            en: number | string;
            /** Hi */
            hi: number | string;
        };
        /**
         * LedgerOut
         * @description What one distributor's ledger says of a shop, in the clear.
         */
        LedgerOut: {
            /** Distributor Id */
            distributor_id: string;
            /** Gst */
            gst: string | null;
            /** Phone */
            phone: string | null;
            /** Shop Name */
            shop_name: string | null;
        };
        /**
         * LenderIn
         * @description A lender.
         */
        LenderIn: {
            /** Lender Id */
            lender_id: string;
            /** Name */
            name: string;
        };
        /**
         * LenderOut
         * @description The lender's client ids, live and for the sandbox; secrets only in the first answer, never again.
         */
        LenderOut: {
            /** Client Id */
            client_id: string;
            /** Client Secret */
            client_secret?: string | null;
            /** Lender Id */
            lender_id: string;
            /** Test Client Id */
            test_client_id?: string | null;
            /** Test Client Secret */
            test_client_secret?: string | null;
        };
        /**
         * LenderRow
         * @description A lender.
         */
        LenderRow: {
            /** Lender Id */
            lender_id: string;
            /** Name */
            name: string;
            /**
             * Requested At
             * Format: date-time
             */
            requested_at: string;
            /** Status */
            status: string;
        };
        /**
         * LogOutIn
         * @description Which sessions end.
         */
        LogOutIn: {
            /**
             * Everywhere
             * @description Every session of this operator, on every device.
             * @default false
             */
            everywhere: boolean;
        };
        /**
         * MaxAmountIn
         * @description The largest amount of one record, whole rupees; the lower bound is what every distributor starts with.
         */
        MaxAmountIn: {
            /** Max Amount Inr */
            max_amount_inr: number;
        };
        /**
         * MaxAmountOut
         * @description What holds from the distributor's next batch on, whole rupees.
         */
        MaxAmountOut: {
            /** Distributor Id */
            distributor_id: string;
            /** Max Amount Inr */
            max_amount_inr: number;
        };
        /**
         * MissingPart
         * @description A section that is not complete, and why.
         */
        MissingPart: {
            /** Problem */
            problem: string;
            /** Section */
            section: string;
        };
        /**
         * NoteIn
         * @description A handler's note; kept encrypted, read by handlers alone.
         */
        NoteIn: {
            /**
             * Note
             * @description At most 2,000 characters.
             */
            note: string;
        };
        /**
         * NoteOut
         * @description A note; the text is null where none of our keys decrypts it.
         */
        NoteOut: {
            /** Author */
            author: string;
            /**
             * Noted At
             * Format: date-time
             */
            noted_at: string;
            /** Seq */
            seq: number;
            /** Text */
            text: string | null;
        };
        /**
         * NotesOut
         * @description Notes in order.
         */
        NotesOut: {
            /** Items */
            items: components["schemas"]["NoteOut"][];
        };
        /**
         * NoticeIn
         * @description A notice to ask for; the texts are those approved beforehand.
         */
        NoticeIn: {
            /**
             * Audience
             * @enum {string}
             */
            audience: "retailers" | "lenders" | "distributors" | "cert_in" | "board";
            facts?: components["schemas"]["FactsIn"];
            /**
             * Language
             * @default hi
             * @enum {string}
             */
            language: "hi" | "en";
        };
        /**
         * NoticeOut
         * @description A notice: what it says, who asked, who approved, and to how many retailers it was announced.
         *
         *     Whether a message arrived is notification's to say: its audit entries name retailer and kind.
         */
        NoticeOut: {
            /** Announced */
            announced: number;
            /** Approval Id */
            approval_id: string;
            /**
             * Approval Sha256
             * @description What the second person approves: digest of the request's content, which holds `content_sha256`.
             */
            approval_sha256: string | null;
            /** Approved At */
            approved_at: string | null;
            /** Approved By */
            approved_by: string | null;
            /**
             * Audience
             * @enum {string}
             */
            audience: "retailers" | "lenders" | "distributors" | "cert_in" | "board";
            /** Content */
            content: {
                [key: string]: unknown;
            };
            /** Content Sha256 */
            content_sha256: string;
            /** Incident Id */
            incident_id: string;
            /** Is Drill */
            is_drill: boolean;
            /**
             * Language
             * @enum {string}
             */
            language: "hi" | "en";
            /** Notice Id */
            notice_id: string;
            /**
             * Proposed At
             * Format: date-time
             */
            proposed_at: string;
            /** Proposed By */
            proposed_by: string;
            /**
             * Status
             * @enum {string}
             */
            status: "proposed" | "approved" | "sending" | "done" | "expired" | "rejected" | "withdrawn";
        };
        /**
         * NoticesOut
         * @description Notices of an incident, newest first.
         */
        NoticesOut: {
            /** Items */
            items: components["schemas"]["NoticeOut"][];
        };
        /**
         * OfficerIn
         * @description An officer of a lender; the lender's identity provider must vouch for this address.
         */
        OfficerIn: {
            /** Email */
            email: string;
            /**
             * Language
             * @default en
             * @enum {string}
             */
            language: "hi" | "en";
        };
        /**
         * OrderIn
         * @description The ticket that says more.
         */
        OrderIn: {
            /**
             * Ticket
             * @description Number of a ticket that says why.
             */
            ticket: string;
        };
        /**
         * OverviewOut
         * @description Counts and the lists behind them.
         */
        OverviewOut: {
            /** Counts */
            counts: {
                [key: string]: number;
            };
            /** Distributors */
            distributors: components["schemas"]["DistributorRow"][];
            /** Lenders */
            lenders: components["schemas"]["LenderRow"][];
            /** Promotions */
            promotions: components["schemas"]["PromotionRow"][];
        };
        /**
         * ParkedEvent
         * @description A message that was set aside.
         */
        ParkedEvent: {
            /**
             * Bytes
             * @description Of what is kept of its value.
             */
            bytes: number;
            /**
             * Holds Key
             * @description Whether later events of its key wait for it.
             */
            holds_key: boolean;
            /**
             * Id
             * @description Its number, by which the commands know it.
             */
            id: number;
            /** Is Signed */
            is_signed: boolean;
            /**
             * Key
             * @description Masked unless it is an id.
             */
            key: string;
            /** Offset */
            offset: number;
            /**
             * Parked At
             * Format: date-time
             */
            parked_at: string;
            /** Partition */
            partition: number;
            /** Reason */
            reason: string;
            /**
             * Sha256
             * @description Of what is kept of its value, hex.
             */
            sha256: string;
            /** Topic */
            topic: string;
        };
        /**
         * ParkedEventsOut
         * @description What is set aside now, the oldest first.
         */
        ParkedEventsOut: {
            /** Has More */
            has_more: boolean;
            /** Items */
            items: components["schemas"]["ParkedEvent"][];
        };
        /**
         * ParkedOfService
         * @description How much a service has set aside, or why there is no number.
         */
        ParkedOfService: {
            /** Oldest At */
            oldest_at: string | null;
            /**
             * Refused
             * @description Messages that no producer of the topic sent, or that cannot be.
             */
            refused: number | null;
            /** Service */
            service: string;
            /**
             * State
             * @description `silent`: it does not answer now; what it has set aside is not known.
             * @enum {string}
             */
            state: "answers" | "silent" | "consumes_nothing" | "sets_nothing_aside";
            /**
             * Waiting
             * @description Events that hold back later events of their key.
             */
            waiting: number | null;
        };
        /**
         * ParkedOrderState
         * @description How an order stands.
         */
        ParkedOrderState: {
            /**
             * Action
             * @enum {string}
             */
            action: "dry_run" | "replay" | "dismiss";
            /**
             * Applied
             * @description Events that were, or would be, applied.
             */
            applied: number;
            /**
             * Changes Access
             * @description Of a dry run: whether two persons must dismiss the event.
             */
            changes_access?: boolean | null;
            /**
             * Content
             * @description Of a dry run: names of fields, nothing that they say.
             */
            content: {
                [key: string]: unknown;
            } | null;
            /**
             * Done At
             * @description Null while the worker has not come to it.
             */
            done_at: string | null;
            /** Event */
            event: number;
            /** Operator */
            operator: string;
            /**
             * Order Id
             * Format: uuid
             */
            order_id: string;
            /**
             * Ordered At
             * Format: date-time
             */
            ordered_at: string;
            /** Outcome */
            outcome: ("would_apply" | "would_be_refused" | "applied" | "refused" | "gone" | "unavailable" | "dismissed" | "needs_two_persons") | null;
            /**
             * Proposed By
             * @description Of a dismissal by two persons: the first.
             */
            proposed_by?: string | null;
            /**
             * Reason
             * @description Of a dismissal.
             */
            reason?: ("forged" | "published_anew" | "superseded" | "unreadable" | "drill") | null;
            /**
             * Refused
             * @description Events that were tried and stay set aside.
             */
            refused: number;
            /** Ticket */
            ticket: string;
        };
        /**
         * ParkedOverviewOut
         * @description Every service, whether it sets events aside or not.
         */
        ParkedOverviewOut: {
            /** Items */
            items: components["schemas"]["ParkedOfService"][];
        };
        /**
         * PartOut
         * @description A part: which service it comes from, how many items there are, and all of them.
         */
        PartOut: {
            /** Count */
            count: number;
            /** Items */
            items: {
                [key: string]: unknown;
            }[];
            /** Name */
            name: string;
            /** Source */
            source: string;
        };
        /**
         * PeopleOut
         * @description A page by id; `next_cursor` is null at the end.
         */
        PeopleOut: {
            /** Items */
            items: components["schemas"]["PersonOut"][];
            /** Next Cursor */
            next_cursor: string | null;
        };
        /**
         * Permission
         * @description What a route demands.
         * @enum {string}
         */
        Permission: "onboard" | "lender_access" | "backfill" | "max_amount" | "connector_access" | "reprocess" | "invite" | "confirm_phone" | "promote" | "read_audit" | "delete_audit" | "read_consent" | "read_anomalies" | "read_overview" | "list_grievances" | "handle_grievances" | "read_operators" | "manage_operators" | "read_approvals" | "raw_access" | "switch_off" | "read_parked" | "replay_parked" | "review_anomalies" | "read_rights" | "handle_rights" | "handle_incidents" | "read_compliance";
        /**
         * PersonIn
         * @description An owner of a distributor; `lender_scope` and `purpose` say what the distributor's own invites may ask for.
         */
        PersonIn: {
            /** Email */
            email: string;
            /**
             * Language
             * @default hi
             * @enum {string}
             */
            language: "hi" | "en";
            /** Lender Scope */
            lender_scope?: string[] | null;
            /** Phone */
            phone: string;
            /** Purpose */
            purpose?: string | null;
        };
        /**
         * PersonOut
         * @description A person, contacts masked.
         */
        PersonOut: {
            /** Email */
            email: string;
            /**
             * Enrolled At
             * Format: date-time
             */
            enrolled_at: string;
            /** Language */
            language: string;
            /** Person Id */
            person_id: string;
            /** Phone */
            phone: string | null;
            /** Suspended At */
            suspended_at: string | null;
        };
        /**
         * PhoneConfirmIn
         * @description Whose ledger holds the phone that is confirmed.
         */
        PhoneConfirmIn: {
            /** Distributor Id */
            distributor_id: string;
        };
        /**
         * PhoneConfirmOut
         * @description The retailer may now be invited by this distributor, and answer from that phone.
         */
        PhoneConfirmOut: {
            /** Distributor Id */
            distributor_id: string;
            /** Retailer Id */
            retailer_id: string;
        };
        /**
         * PortalAccessOut
         * @description Whether somebody may sign in, and how many sessions ended.
         */
        PortalAccessOut: {
            /** Sessions Ended */
            sessions_ended: number;
            /** Suspended */
            suspended: boolean;
        };
        /**
         * Problem
         * @description RFC 9457; the rejected input is never in it.
         */
        Problem: {
            code: string;
            detail?: string;
            errors?: {
                field: string;
                reason: string;
            }[];
            request_id: string;
            status: number;
            title: string;
            type: string;
        };
        /**
         * PromoteIn
         * @description What an operator states about a model; the second must state exactly the same.
         */
        PromoteIn: {
            /** Artifact Uri */
            artifact_uri: string;
            evaluation: components["schemas"]["Evaluation"];
            /** Guardrail Digest */
            guardrail_digest: string;
            /** Model Name */
            model_name: string;
            /** Model Sha256 */
            model_sha256: string;
            /** Taxonomy Digest */
            taxonomy_digest: string;
            /** Version */
            version: string;
        };
        /**
         * PromotionOut
         * @description `proposed` until a second operator states the same, then `promoted`.
         */
        PromotionOut: {
            /** Approvals */
            approvals: components["schemas"]["Approval"][];
            /** Kind */
            kind: string;
            /** Model Name */
            model_name: string;
            /** Model Sha256 */
            model_sha256: string;
            /** Promotion Id */
            promotion_id: string;
            /** Status */
            status: string;
            /** Version */
            version: string;
        };
        /**
         * PromotionRow
         * @description A proposal or promotion.
         */
        PromotionRow: {
            /** Approved By */
            approved_by: string | null;
            /** Kind */
            kind: string;
            /** Model Name */
            model_name: string;
            /** Model Version */
            model_version: string;
            /** Promotion Id */
            promotion_id: string;
            /**
             * Proposed At
             * Format: date-time
             */
            proposed_at: string;
            /** Proposed By */
            proposed_by: string;
            /** Status */
            status: string;
        };
        /**
         * ProofOut
         * @description The vault's certificate, what stores reported, and the signed report once all of them have.
         *
         *     `python -m altscore_admin verify-erasure` verifies it offline: signatures are r||s, hex, over SHA-256 of the RFC
         *     8785 form.
         */
        ProofOut: {
            /** Certificate */
            certificate: {
                [key: string]: unknown;
            };
            /** Certificate Signature */
            certificate_signature: string;
            /**
             * Missing
             * @description Stores that have not reported yet.
             */
            missing: string[];
            /** Report */
            report: {
                [key: string]: unknown;
            } | null;
            /** Reports */
            reports: components["schemas"]["StoreReportOut"][];
            /** Signature */
            signature: string | null;
        };
        /**
         * ProviderIn
         * @description An OpenID Connect provider and our client there.
         */
        ProviderIn: {
            /** Client Id */
            client_id: string;
            /** Client Secret */
            client_secret: string;
            /** Issuer */
            issuer: string;
        };
        /**
         * ProviderOut
         * @description Where an organisation's people sign in: of OpenID Connect issuer and client, of SAML the rest; never a secret.
         */
        ProviderOut: {
            /** Certificates Sha256 */
            certificates_sha256: string[];
            /** Client Id */
            client_id: string | null;
            /** Email Attribute */
            email_attribute: string | null;
            /** Entity Id */
            entity_id: string | null;
            /** Issuer */
            issuer: string | null;
            /**
             * Protocol
             * @enum {string}
             */
            protocol: "oidc" | "saml";
            /** Sso Url */
            sso_url: string | null;
            /**
             * Updated At
             * Format: date-time
             */
            updated_at: string;
        };
        /**
         * RawAccessIn
         * @description Who is to be seen, why and for how long; another super admin approves exactly this.
         */
        RawAccessIn: {
            /** Distributor Id */
            distributor_id?: string | null;
            /**
             * Minutes
             * @description From the approval on; eight hours at most.
             */
            minutes: number;
            /**
             * Purpose
             * @enum {string}
             */
            purpose: "rights_request" | "grievance" | "incident" | "legal_order" | "data_error" | "drill";
            /** Retailer Id */
            retailer_id?: string | null;
            /**
             * Ticket
             * @description Number of a ticket that says why.
             */
            ticket: string;
        };
        /**
         * RefuseIn
         * @description Why it is not answered.
         */
        RefuseIn: {
            /**
             * Reason
             * @enum {string}
             */
            reason: "nominee_evidence_required" | "guardian_evidence_required" | "requester_not_verified" | "not_the_retailers_data" | "legal_hold" | "repeated_request";
        };
        /**
         * RegisteredOut
         * @description A registered key.
         */
        RegisteredOut: {
            /** Key Id */
            key_id: string;
        };
        /**
         * RegistrationChallengeOut
         * @description A challenge and `PublicKeyCredentialCreationOptionsJSON`.
         */
        RegistrationChallengeOut: {
            /** Challenge Id */
            challenge_id: string;
            /**
             * Options
             * @description For PublicKeyCredential.parseCreationOptionsFromJSON().
             */
            options: {
                [key: string]: unknown;
            };
        };
        /**
         * RegistrationCredential
         * @description RegistrationResponseJSON of a browser.
         */
        RegistrationCredential: {
            /** Id */
            id: string;
            /** Rawid */
            rawId: string;
            response: components["schemas"]["AttestationPart"];
            /**
             * Type
             * @constant
             */
            type: "public-key";
        };
        /**
         * RegistrationIn
         * @description A new key's answer to a challenge.
         */
        RegistrationIn: {
            /** Challenge Id */
            challenge_id: string;
            credential: components["schemas"]["RegistrationCredential"];
        };
        /**
         * RejectIn
         * @description Why it is not done.
         */
        RejectIn: {
            /**
             * Reason
             * @enum {string}
             */
            reason: "wrong_content" | "not_needed" | "not_authorised" | "duplicate" | "suspicious";
        };
        /**
         * ReportIn
         * @description A range of days in India, both included.
         */
        ReportIn: {
            /**
             * From
             * Format: date
             */
            from: string;
            /**
             * To
             * Format: date
             */
            to: string;
        };
        /**
         * ReportOut
         * @description A compliance report; incomplete when a source did not answer or the range has not ended.
         */
        ReportOut: {
            /**
             * From
             * Format: date
             */
            from: string;
            /** Is Complete */
            is_complete: boolean;
            /** Is Preliminary */
            is_preliminary: boolean;
            /**
             * Made At
             * Format: date-time
             */
            made_at: string;
            /** Missing */
            missing: components["schemas"]["MissingPart"][];
            /** Report Id */
            report_id: string;
            /** Sections */
            sections: components["schemas"]["SectionOut"][];
            /**
             * To
             * Format: date
             */
            to: string;
        };
        /**
         * ReportState
         * @description How far a report is; `location` is where it will be.
         */
        ReportState: {
            /** Attempts */
            attempts: number;
            /** Content Sha256 */
            content_sha256: string | null;
            /**
             * Failure
             * @description Why the newest attempt ended without a report: a code.
             */
            failure: string | null;
            /** Finished At */
            finished_at: string | null;
            /** Location */
            location: string;
            /** Progress */
            progress: number;
            /** Report Id */
            report_id: string;
            /**
             * Requested At
             * Format: date-time
             */
            requested_at: string;
            /**
             * State
             * @enum {string}
             */
            state: "queued" | "running" | "done" | "failed";
        };
        /**
         * RequestedOut
         * @description A request that waits for another person: `content` is what that person approves, by its digest.
         */
        RequestedOut: {
            /** Approval Id */
            approval_id: string;
            /** Content */
            content: {
                [key: string]: unknown;
            };
            /** Content Sha256 */
            content_sha256: string;
            /**
             * Expires At
             * Format: date-time
             */
            expires_at: string;
            state: components["schemas"]["altscore_admin__approvals__domain__State"];
        };
        /**
         * Requester
         * @description Who asks: the retailer, after death or incapacity the nominee, for a minor the guardian.
         * @enum {string}
         */
        Requester: "retailer" | "nominee" | "guardian";
        /**
         * ResolutionIn
         * @description The answer to the lender; it is shown exactly as written, so it holds no personal data.
         */
        ResolutionIn: {
            /**
             * Language
             * @description Without it, that of the last invite.
             */
            language?: ("hi" | "en") | null;
            /**
             * Outcome
             * @description What came of it; the retailer is told in their language.
             * @default answered
             * @enum {string}
             */
            outcome: "data_corrected" | "score_confirmed" | "consent_settled" | "answered";
            /**
             * Resolution
             * @description At most 2,000 characters.
             */
            resolution: string;
        };
        /**
         * ReviewIn
         * @description What a person decides about an anomaly.
         */
        ReviewIn: {
            /**
             * Decision
             * @enum {string}
             */
            decision: "release" | "confirm";
            /**
             * Ticket
             * @description Number of a ticket that says why.
             */
            ticket: string;
        };
        /**
         * RevokeIn
         * @description All tokens, or the one that is named.
         */
        RevokeIn: {
            /** Jti */
            jti?: string | null;
            /**
             * Reason
             * @enum {string}
             */
            reason: "compromise" | "lender_request" | "misuse" | "offboarding" | "rotation" | "drill" | "resolved";
        };
        /**
         * RevokedOut
         * @description How many API keys and certificates were accepted before and are refused now.
         */
        RevokedOut: {
            /** Certificates */
            certificates: number;
            /** Distributor Id */
            distributor_id: string;
            /** Keys */
            keys: number;
            /** Revoked At */
            revoked_at: string;
        };
        /**
         * RightsIn
         * @description A right of a retailer that is asked for.
         */
        RightsIn: {
            /**
             * Channel
             * @enum {string}
             */
            channel: "whatsapp" | "phone" | "letter" | "lender";
            /**
             * Evidence
             * @description Documents of death or incapacity and nomination, or of the guardianship.
             * @default []
             */
            evidence: string[];
            /**
             * Is Minor
             * @description The data are of a person under 18.
             * @default false
             */
            is_minor: boolean;
            kind: components["schemas"]["Kind"];
            /**
             * Language
             * @description In which the retailer is told.
             * @default hi
             * @enum {string}
             */
            language: "hi" | "en";
            /** @default retailer */
            requester: components["schemas"]["Requester"];
            /** Retailer Id */
            retailer_id: string;
            /** Ticket */
            ticket: string;
        };
        /**
         * RightsListOut
         * @description A page, the most urgent first; `next_cursor` is the `cursor` of the following page, null at the end.
         */
        RightsListOut: {
            /** Items */
            items: components["schemas"]["RightsOut"][];
            /** Next Cursor */
            next_cursor: string | null;
        };
        /**
         * RightsOut
         * @description A rights request.
         */
        RightsOut: {
            /**
             * Channel
             * @enum {string}
             */
            channel: "whatsapp" | "phone" | "letter" | "lender";
            clock: components["schemas"]["altscore_admin__rights__schemas__ClockOut"];
            /**
             * Distributor Id
             * @description Who was asked to correct its records.
             */
            distributor_id: string | null;
            /** Ended At */
            ended_at: string | null;
            /**
             * Erasable At
             * @description 48 hours later; nobody approves before.
             */
            erasable_at: string | null;
            /** Evidence */
            evidence: string[];
            /** Is Minor */
            is_minor: boolean;
            kind: components["schemas"]["Kind"];
            /**
             * Language
             * @enum {string}
             */
            language: "hi" | "en";
            /**
             * Notice At
             * @description When the retailer was told of the erasure.
             */
            notice_at: string | null;
            /** Opened By */
            opened_by: string;
            /** Outcome */
            outcome: string | null;
            /**
             * Received At
             * Format: date-time
             */
            received_at: string;
            /** Refusal */
            refusal: string | null;
            /** Request Id */
            request_id: string;
            requester: components["schemas"]["Requester"];
            /** Retailer Id */
            retailer_id: string;
            state: components["schemas"]["altscore_admin__rights__domain__State"];
            /** Subject */
            subject: string | null;
            /** Ticket */
            ticket: string;
        };
        /**
         * RightsWhole
         * @description A request with its log.
         */
        RightsWhole: {
            /**
             * Channel
             * @enum {string}
             */
            channel: "whatsapp" | "phone" | "letter" | "lender";
            clock: components["schemas"]["altscore_admin__rights__schemas__ClockOut"];
            /**
             * Distributor Id
             * @description Who was asked to correct its records.
             */
            distributor_id: string | null;
            /** Ended At */
            ended_at: string | null;
            /**
             * Erasable At
             * @description 48 hours later; nobody approves before.
             */
            erasable_at: string | null;
            /** Evidence */
            evidence: string[];
            /** Is Minor */
            is_minor: boolean;
            kind: components["schemas"]["Kind"];
            /**
             * Language
             * @enum {string}
             */
            language: "hi" | "en";
            /**
             * Notice At
             * @description When the retailer was told of the erasure.
             */
            notice_at: string | null;
            /** Opened By */
            opened_by: string;
            /** Outcome */
            outcome: string | null;
            /**
             * Received At
             * Format: date-time
             */
            received_at: string;
            /** Refusal */
            refusal: string | null;
            /** Request Id */
            request_id: string;
            requester: components["schemas"]["Requester"];
            /** Retailer Id */
            retailer_id: string;
            state: components["schemas"]["altscore_admin__rights__domain__State"];
            /** Steps */
            steps: components["schemas"]["altscore_admin__rights__schemas__StepOut"][];
            /** Subject */
            subject: string | null;
            /** Ticket */
            ticket: string;
        };
        /**
         * Role
         * @description An internal role.
         * @enum {string}
         */
        Role: "data_engineer" | "ml_engineer" | "credit_risk_analyst" | "legal_compliance" | "security_audit" | "engineering_ops" | "super_admin";
        /**
         * RollbackIn
         * @description Which model returns to its earlier champion.
         */
        RollbackIn: {
            /** Model Name */
            model_name: string;
        };
        /**
         * RotateIn
         * @description A new secret.
         */
        RotateIn: {
            /**
             * Overlap S
             * @description How long the secrets before may still be used, seconds.
             * @default 0
             */
            overlap_s: number;
            /**
             * Reason
             * @enum {string}
             */
            reason: "compromise" | "lender_request" | "misuse" | "offboarding" | "rotation" | "drill" | "resolved";
        };
        /**
         * RotateKeyIn
         * @description How a distributor's API key is issued anew.
         *
         *     `csr_pem`: request for a certificate over a new key, after a lost keystore or a revocation. `end_previous`: the
         *     older keys are refused at once; else they have seven days once the new one is in use.
         */
        RotateKeyIn: {
            /** Csr Pem */
            csr_pem?: string | null;
            /**
             * End Previous
             * @default false
             */
            end_previous: boolean;
        };
        /**
         * RotateKeyOut
         * @description API key and signing secret, shown this once; the certificate where one was asked for.
         */
        RotateKeyOut: {
            /** Api Key */
            api_key: string;
            /** Ca Pem */
            ca_pem?: string | null;
            /** Certificate Pem */
            certificate_pem?: string | null;
            /** Distributor Id */
            distributor_id: string;
            /** Expires At */
            expires_at: string;
            /** Previous Valid Until */
            previous_valid_until?: string | null;
            /** Signing Secret */
            signing_secret: string;
            /** Valid From */
            valid_from: string;
        };
        /**
         * SamlProviderIn
         * @description A SAML 2.0 identity provider, as its metadata state it.
         */
        SamlProviderIn: {
            /**
             * Certificates Pem
             * @description What it signs assertions with; two during a change.
             */
            certificates_pem: string;
            /**
             * Email Attribute
             * @description Attribute that holds an officer's address; without it the NameID is the address.
             */
            email_attribute?: string | null;
            /** Entity Id */
            entity_id: string;
            /**
             * Sso Url
             * @description SingleSignOnService, binding HTTP-Redirect.
             */
            sso_url: string;
        };
        /**
         * SectionOut
         * @description A part of the report; a figure that is not known is absent or null, never zero.
         */
        SectionOut: {
            /** Figures */
            figures: {
                [key: string]: number | string | null;
            };
            /** Is Complete */
            is_complete: boolean;
            /** Name */
            name: string;
            /** Problem */
            problem: string | null;
            /** Series */
            series: {
                [key: string]: unknown;
            }[];
            /** Source */
            source: string;
            /** Title En */
            title_en: string;
            /** Title Hi */
            title_hi: string;
        };
        /**
         * SegmentsOut
         * @description Segments as the audit service proves them, oldest first; the offline verifier reads this answer.
         */
        SegmentsOut: {
            /** Segments */
            segments: {
                [key: string]: unknown;
            }[];
        };
        /**
         * SessionOut
         * @description Who is signed in, by what, and until when.
         */
        SessionOut: {
            /**
             * Csrf Token
             * @description For X-CSRF-Token of every POST.
             */
            csrf_token: string | null;
            /** Operator Id */
            operator_id: string;
            /** Permissions */
            permissions: components["schemas"]["Permission"][];
            /** Roles */
            roles: components["schemas"]["Role"][];
            /** Session Expires At */
            session_expires_at: string | null;
            /**
             * Sign In
             * @description saml: no live admin token; token: with one; development: a token of a file.
             * @enum {string}
             */
            sign_in: "saml" | "token" | "development";
            /** Token Expires At */
            token_expires_at: string | null;
        };
        /**
         * SftpKeyIn
         * @description A public key as a line of OpenSSH: Ed25519, ECDSA (NIST) or RSA of at least 3072 bits.
         */
        SftpKeyIn: {
            /** Public Key */
            public_key: string;
        };
        /**
         * SftpKeyOut
         * @description The account that the key opens, and the key's fingerprint to compare with the distributor's.
         */
        SftpKeyOut: {
            /** Distributor Id */
            distributor_id: string;
            /** Fingerprint */
            fingerprint: string;
            /** User */
            user: string;
        };
        /**
         * SftpKeysRevokedOut
         * @description How many SSH keys were accepted before and are refused now.
         */
        SftpKeysRevokedOut: {
            /** Distributor Id */
            distributor_id: string;
            /** Sftp Keys */
            sftp_keys: number;
        };
        /**
         * SlaOut
         * @description The SLA that applies now, or how the last one ended.
         */
        SlaOut: {
            /**
             * Due At
             * Format: date-time
             */
            due_at: string;
            /** Seconds Left */
            seconds_left: number;
            /**
             * State
             * @enum {string}
             */
            state: "on_time" | "acknowledgement_overdue" | "resolution_overdue" | "met" | "missed";
        };
        /**
         * Step
         * @description What happened to a request; the log keeps each.
         * @enum {string}
         */
        Step: "opened" | "evidence_attached" | "verified" | "refused" | "exported" | "correction_asked" | "correction_confirmed" | "rescoring_requested" | "nomination_recorded" | "notice_requested" | "notice_sent" | "notice_failed" | "notice_given" | "objected" | "erasure_proposed" | "erasure_approved" | "identity_erased" | "identity_unknown" | "store_reported" | "closed" | "overdue";
        /**
         * StepIn
         * @description A step of the response that is done, or not needed for a stated reason.
         */
        StepIn: {
            /**
             * Note
             * @default
             */
            note: string;
            /**
             * State
             * @default done
             * @enum {string}
             */
            state: "done" | "not_needed";
            /**
             * Step
             * @enum {string}
             */
            step: "acknowledge" | "tell_ciso" | "isolate_systems" | "revoke_access" | "preserve_evidence" | "convene_response_team" | "stop_processing" | "contain" | "tell_legal" | "determine_reporting" | "report_cert_in" | "report_board" | "report_board_details" | "notify_affected_people" | "notify_distributors" | "notify_lenders" | "publish_status" | "restore_clean_state" | "reissue_credentials" | "verify_audit_chain" | "restore_traffic" | "review" | "record_actions" | "update_threat_model";
        };
        /**
         * StoreReportOut
         * @description What a store said: how many rows went.
         */
        StoreReportOut: {
            /** Counts */
            counts: {
                [key: string]: string;
            };
            /**
             * Reported At
             * Format: date-time
             */
            reported_at: string;
            /** Store */
            store: string;
        };
        /**
         * SuspendIn
         * @description Why a distributor is refused, or let in again.
         */
        SuspendIn: {
            /**
             * Reason
             * @enum {string}
             */
            reason: "compromise" | "distributor_request" | "misuse" | "offboarding" | "drill" | "resolved";
        };
        /**
         * SwitchStateOut
         * @description A switch as far as its owner tells; `changed_at` and `reason` are null where it never was off.
         */
        SwitchStateOut: {
            /** Changed At */
            changed_at?: string | null;
            /**
             * Is Off
             * @description Null: unknown, its owner does not answer.
             */
            is_off: boolean | null;
            /** Reason */
            reason?: string | null;
            target: components["schemas"]["Target"];
        };
        /**
         * SwitchesOut
         * @description All switches.
         */
        SwitchesOut: {
            /** Items */
            items: components["schemas"]["SwitchStateOut"][];
        };
        /**
         * Target
         * @description Scores to lenders, or data from distributors.
         * @enum {string}
         */
        Target: "serving" | "ingestion";
        /**
         * TicketIn
         * @description The ticket under which it was done.
         */
        TicketIn: {
            /** Ticket */
            ticket: string;
        };
        /**
         * TimelineOut
         * @description A whole timeline.
         *
         *     `is_intact`: every digest recomputes. `are_positions_complete`: the audit service named the place of each entry.
         */
        TimelineOut: {
            /** Are Positions Complete */
            are_positions_complete: boolean;
            /** Entries */
            entries: components["schemas"]["EntryOut"][];
            /** Incident Id */
            incident_id: string;
            /** Is Drill */
            is_drill: boolean;
            /** Is Intact */
            is_intact: boolean;
        };
        /**
         * TokenOut
         * @description When the new admin token ends; the token itself is in a cookie.
         */
        TokenOut: {
            /**
             * Token Expires At
             * Format: date-time
             */
            token_expires_at: string;
        };
        /**
         * ToldIn
         * @description By which channel and under which ticket somebody was told, or told us.
         */
        ToldIn: {
            /**
             * Channel
             * @enum {string}
             */
            channel: "whatsapp" | "phone" | "letter" | "lender";
            /** Ticket */
            ticket: string;
        };
        /**
         * TouchIn
         * @description A key's answer to a challenge.
         */
        TouchIn: {
            /** Challenge Id */
            challenge_id: string;
            credential: components["schemas"]["AuthenticationCredential"];
        };
        /**
         * UnfreezeIn
         * @description Which freeze ends; its id is in the audit entry `scoring_frozen`.
         */
        UnfreezeIn: {
            /** Freeze Id */
            freeze_id: string;
            /** Model Name */
            model_name: string;
            /**
             * Ticket
             * @description Number of a ticket that says why.
             */
            ticket: string;
        };
        /**
         * VerifyIn
         * @description How it was verified that the requester is who they say.
         */
        VerifyIn: {
            /** Evidence */
            evidence: string;
            /**
             * Method
             * @enum {string}
             */
            method: "whatsapp_reply" | "phone_callback" | "signed_letter" | "lender_kyc";
        };
        /**
         * WithdrawIn
         * @description Whose challenger ends.
         */
        WithdrawIn: {
            /** Model Name */
            model_name: string;
            /**
             * Ticket
             * @description Number of a ticket that says why.
             */
            ticket: string;
        };
        /**
         * State
         * @description Of a request; `open` alone can still change.
         * @enum {string}
         */
        altscore_admin__approvals__domain__State: "open" | "executed" | "rejected" | "withdrawn" | "expired";
        /**
         * ClockOut
         * @description A clock of an incident.
         */
        altscore_admin__incidents__schemas__ClockOut: {
            /** Clock */
            clock: string;
            /**
             * Due At
             * Format: date-time
             */
            due_at: string;
            /** Met At */
            met_at: string | null;
            /** Met By */
            met_by: string | null;
            /** Seconds Left */
            seconds_left: number | null;
            /**
             * State
             * @enum {string}
             */
            state: "running" | "due_soon" | "overdue" | "met" | "missed" | "void";
        };
        /**
         * CloseIn
         * @description Why it ends.
         */
        altscore_admin__incidents__schemas__CloseIn: {
            /**
             * Note
             * @default
             */
            note: string;
        };
        /**
         * StepOut
         * @description A step of the response: what it is, and what was stated last.
         */
        altscore_admin__incidents__schemas__StepOut: {
            /** At */
            at: string | null;
            /** By */
            by: string | null;
            /** Note */
            note: string | null;
            /** State */
            state: ("done" | "not_needed") | null;
            /** Step */
            step: string;
            /** Text */
            text: string;
        };
        /**
         * SwitchIn
         * @description A switch of the response.
         */
        altscore_admin__incidents__schemas__SwitchIn: {
            /**
             * Note
             * @default
             */
            note: string;
            /**
             * Switch
             * @enum {string}
             */
            switch: "revoke_tokens" | "stop_ingestion" | "stop_serving";
        };
        /**
         * SwitchOut
         * @description What a switch did; in a drill nothing was called, and the list says what would have been.
         */
        altscore_admin__incidents__schemas__SwitchOut: {
            /** Failed */
            failed: components["schemas"]["FailedTarget"][];
            /** Is Drill */
            is_drill: boolean;
            /**
             * Status
             * @enum {string}
             */
            status: "ok" | "incomplete" | "simulated";
            /**
             * Switch
             * @enum {string}
             */
            switch: "revoke_tokens" | "stop_ingestion" | "stop_serving";
            /** Switched Off */
            switched_off: string[];
        };
        /**
         * SessionsEndedOut
         * @description How many sessions ended.
         */
        altscore_admin__portal_people__schemas__SessionsEndedOut: {
            /** Sessions Ended */
            sessions_ended: number;
        };
        /**
         * State
         * @description Where a request stands.
         * @enum {string}
         */
        altscore_admin__rights__domain__State: "received" | "verified" | "exported" | "correcting" | "corrected" | "notifying" | "notified" | "approved" | "erasing" | "closed" | "refused" | "cancelled";
        /**
         * ClockOut
         * @description The clock of a request.
         */
        altscore_admin__rights__schemas__ClockOut: {
            /**
             * Due At
             * Format: date-time
             * @description The end of that day.
             */
            due_at: string;
            /**
             * Due On
             * Format: date
             * @description The last day in India on which it is answered in time.
             */
            due_on: string;
            /** Seconds Left */
            seconds_left: number;
            /**
             * State
             * @enum {string}
             */
            state: "on_time" | "due_soon" | "overdue" | "met" | "missed" | "stopped";
        };
        /**
         * CloseIn
         * @description What came of it.
         */
        altscore_admin__rights__schemas__CloseIn: {
            /**
             * Outcome
             * @enum {string}
             */
            outcome: "answered" | "corrected" | "nothing_to_correct" | "nomination_recorded";
        };
        /**
         * StepOut
         * @description A step of the log.
         */
        altscore_admin__rights__schemas__StepOut: {
            /** Actor */
            actor: string;
            /**
             * At
             * Format: date-time
             */
            at: string;
            /** Details */
            details: {
                [key: string]: string;
            };
            /** Seq */
            seq: number;
            step: components["schemas"]["Step"];
        };
        /**
         * SessionsEndedOut
         * @description How many live sessions ended.
         */
        altscore_admin__security_keys__schemas__SessionsEndedOut: {
            /** Sessions */
            sessions: number;
        };
        /**
         * SwitchIn
         * @description Why, and the ticket that says more.
         */
        altscore_admin__switches__schemas__SwitchIn: {
            /**
             * Reason
             * @enum {string}
             */
            reason: "breach" | "data_error" | "model_error" | "regulator" | "drill" | "resolved";
            /**
             * Ticket
             * @description Number of a ticket that says why.
             */
            ticket: string;
        };
        /**
         * SwitchOut
         * @description A switch as its owner has it; `changed_at` and `reason` are null where it never was off.
         */
        altscore_admin__switches__schemas__SwitchOut: {
            /** Changed At */
            changed_at?: string | null;
            /** Is Off */
            is_off: boolean;
            /** Reason */
            reason?: string | null;
            target: components["schemas"]["Target"];
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    post_action_challenge_v1_admin_action_challenges_post: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ActionIn"];
            };
        };
        responses: {
            /** @description Successful Response */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AssertionChallengeOut"];
                };
            };
            /** @description INVALID_REQUEST: The request breaks the schema or the strict JSON rules. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description UNAUTHORIZED: Who calls is unknown or not proven.
             *
             *     ADMIN_TOKEN_REQUIRED: Signed in, and without a live admin token: touch the security key.
             */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description CSRF_TOKEN_REFUSED: A request with a session's cookies and without its CSRF token.
             *
             *     SECURITY_KEY_REFUSED: The security key, or its answer, is not accepted.
             */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description REQUEST_TIMEOUT: The request did not arrive in time; the connection ends, since what follows on it cannot be told apart. */
            408: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description PAYLOAD_TOO_LARGE: The body is larger than this endpoint takes. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description UNSUPPORTED_MEDIA_TYPE: The body is not declared as plain JSON, or declares a content encoding. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SIGN_IN_LOCKED: Too many failed sign-ins from this address. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description HEADERS_TOO_LARGE: More or longer header fields than this service reads. */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description INTERNAL_ERROR: A fault of ours. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SERVICE_UNAVAILABLE: Something this answer depends on cannot be reached: blocked, not guessed. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other refusal; `code` says which. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_anomalies_v1_admin_anomalies_get: {
        parameters: {
            query?: {
                /** @description `next` of the page before. */
                cursor?: string | null;
                limit?: number;
            };
            header?: {
                "x-justification-ticket"?: string | null;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AnomaliesOut"];
                };
            };
            /** @description INVALID_REQUEST: The request breaks the schema or the strict JSON rules. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description UNAUTHORIZED: Who calls is unknown or not proven.
             *
             *     ADMIN_TOKEN_REQUIRED: Signed in, and without a live admin token: touch the security key.
             */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description CSRF_TOKEN_REFUSED: A request with a session's cookies and without its CSRF token.
             *
             *     FORBIDDEN: The caller is known and may not do this.
             *
             *     ACTION_CONFIRMATION_REQUIRED: The action needs a confirmation of its own, by the security key.
             *
             *     SECURITY_KEY_REFUSED: The security key, or its answer, is not accepted.
             */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SIGN_IN_LOCKED: Too many failed sign-ins from this address. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description HEADERS_TOO_LARGE: More or longer header fields than this service reads. */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description INTERNAL_ERROR: A fault of ours. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SERVICE_UNAVAILABLE: Something this answer depends on cannot be reached: blocked, not guessed. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other refusal; `code` says which. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    post_review_v1_admin_anomalies__anomaly_id__review_post: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                anomaly_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ReviewIn"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AnomalyOut"];
                };
            };
            /** @description INVALID_REQUEST: The request breaks the schema or the strict JSON rules. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description UNAUTHORIZED: Who calls is unknown or not proven.
             *
             *     ADMIN_TOKEN_REQUIRED: Signed in, and without a live admin token: touch the security key.
             */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description CSRF_TOKEN_REFUSED: A request with a session's cookies and without its CSRF token.
             *
             *     FORBIDDEN: The caller is known and may not do this.
             *
             *     ACTION_CONFIRMATION_REQUIRED: The action needs a confirmation of its own, by the security key.
             *
             *     SECURITY_KEY_REFUSED: The security key, or its answer, is not accepted.
             */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description NOT_FOUND: There is no such thing, or none that the caller may know of. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description REQUEST_TIMEOUT: The request did not arrive in time; the connection ends, since what follows on it cannot be told apart. */
            408: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description ANOMALY_REVIEWED: The anomaly was reviewed before; a review stands. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description PAYLOAD_TOO_LARGE: The body is larger than this endpoint takes. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description UNSUPPORTED_MEDIA_TYPE: The body is not declared as plain JSON, or declares a content encoding. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SIGN_IN_LOCKED: Too many failed sign-ins from this address. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description HEADERS_TOO_LARGE: More or longer header fields than this service reads. */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description INTERNAL_ERROR: A fault of ours. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SERVICE_UNAVAILABLE: Something this answer depends on cannot be reached: blocked, not guessed. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other refusal; `code` says which. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_approvals_v1_admin_approvals_get: {
        parameters: {
            query?: {
                state?: components["schemas"]["altscore_admin__approvals__domain__State"];
                /** @description `next_cursor` of the page before. */
                cursor?: string | null;
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ApprovalsOut"];
                };
            };
            /** @description INVALID_REQUEST: The request breaks the schema or the strict JSON rules. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description UNAUTHORIZED: Who calls is unknown or not proven.
             *
             *     ADMIN_TOKEN_REQUIRED: Signed in, and without a live admin token: touch the security key.
             */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description CSRF_TOKEN_REFUSED: A request with a session's cookies and without its CSRF token.
             *
             *     FORBIDDEN: The caller is known and may not do this.
             *
             *     ACTION_CONFIRMATION_REQUIRED: The action needs a confirmation of its own, by the security key.
             *
             *     SECURITY_KEY_REFUSED: The security key, or its answer, is not accepted.
             */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SIGN_IN_LOCKED: Too many failed sign-ins from this address. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description HEADERS_TOO_LARGE: More or longer header fields than this service reads. */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description INTERNAL_ERROR: A fault of ours. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SERVICE_UNAVAILABLE: Something this answer depends on cannot be reached: blocked, not guessed. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other refusal; `code` says which. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_approval_v1_admin_approvals__approval_id__get: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                approval_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ApprovalOut"];
                };
            };
            /** @description INVALID_REQUEST: The request breaks the schema or the strict JSON rules. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description UNAUTHORIZED: Who calls is unknown or not proven.
             *
             *     ADMIN_TOKEN_REQUIRED: Signed in, and without a live admin token: touch the security key.
             */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description CSRF_TOKEN_REFUSED: A request with a session's cookies and without its CSRF token.
             *
             *     FORBIDDEN: The caller is known and may not do this.
             *
             *     ACTION_CONFIRMATION_REQUIRED: The action needs a confirmation of its own, by the security key.
             *
             *     SECURITY_KEY_REFUSED: The security key, or its answer, is not accepted.
             */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description NOT_FOUND: There is no such thing, or none that the caller may know of. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SIGN_IN_LOCKED: Too many failed sign-ins from this address. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description HEADERS_TOO_LARGE: More or longer header fields than this service reads. */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description INTERNAL_ERROR: A fault of ours. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SERVICE_UNAVAILABLE: Something this answer depends on cannot be reached: blocked, not guessed. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other refusal; `code` says which. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    post_approve_v1_admin_approvals__approval_id__approve_post: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                approval_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ApproveIn"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ApprovalOut"];
                };
            };
            /** @description INVALID_REQUEST: The request breaks the schema or the strict JSON rules. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description UNAUTHORIZED: Who calls is unknown or not proven.
             *
             *     ADMIN_TOKEN_REQUIRED: Signed in, and without a live admin token: touch the security key.
             */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description CSRF_TOKEN_REFUSED: A request with a session's cookies and without its CSRF token.
             *
             *     FORBIDDEN: The caller is known and may not do this.
             *
             *     ACTION_CONFIRMATION_REQUIRED: The action needs a confirmation of its own, by the security key.
             *
             *     SECURITY_KEY_REFUSED: The security key, or its answer, is not accepted.
             */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description NOT_FOUND: There is no such thing, or none that the caller may know of.
             *
             *     NOT_FOUND: There is no such thing, or none that the caller may know of.
             */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description REQUEST_TIMEOUT: The request did not arrive in time; the connection ends, since what follows on it cannot be told apart. */
            408: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description OWNER_REFUSED: The service that owns this refused; detail names its code.
             *
             *     SECOND_OPERATOR_REQUIRED: The second approval must come from another person.
             *
             *     APPROVAL_CONFLICT: Another request about the same is open, or this one was changed or has ended since it was shown.
             *
             *     APPROVAL_IN_PROGRESS: Another approval of the same request is being carried out at this moment; repeat for its result.
             */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description PAYLOAD_TOO_LARGE: The body is larger than this endpoint takes. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description UNSUPPORTED_MEDIA_TYPE: The body is not declared as plain JSON, or declares a content encoding. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SIGN_IN_LOCKED: Too many failed sign-ins from this address. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description HEADERS_TOO_LARGE: More or longer header fields than this service reads. */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description INTERNAL_ERROR: A fault of ours. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SERVICE_UNAVAILABLE: Something this answer depends on cannot be reached: blocked, not guessed. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other refusal; `code` says which. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    post_reject_v1_admin_approvals__approval_id__reject_post: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                approval_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RejectIn"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ApprovalOut"];
                };
            };
            /** @description INVALID_REQUEST: The request breaks the schema or the strict JSON rules. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description UNAUTHORIZED: Who calls is unknown or not proven.
             *
             *     ADMIN_TOKEN_REQUIRED: Signed in, and without a live admin token: touch the security key.
             */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description CSRF_TOKEN_REFUSED: A request with a session's cookies and without its CSRF token.
             *
             *     FORBIDDEN: The caller is known and may not do this.
             *
             *     ACTION_CONFIRMATION_REQUIRED: The action needs a confirmation of its own, by the security key.
             *
             *     SECURITY_KEY_REFUSED: The security key, or its answer, is not accepted.
             */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description NOT_FOUND: There is no such thing, or none that the caller may know of.
             *
             *     NOT_FOUND: There is no such thing, or none that the caller may know of.
             */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description REQUEST_TIMEOUT: The request did not arrive in time; the connection ends, since what follows on it cannot be told apart. */
            408: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description OWNER_REFUSED: The service that owns this refused; detail names its code.
             *
             *     SECOND_OPERATOR_REQUIRED: The second approval must come from another person.
             *
             *     APPROVAL_CONFLICT: Another request about the same is open, or this one was changed or has ended since it was shown.
             *
             *     APPROVAL_IN_PROGRESS: Another approval of the same request is being carried out at this moment; repeat for its result.
             */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description PAYLOAD_TOO_LARGE: The body is larger than this endpoint takes. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description UNSUPPORTED_MEDIA_TYPE: The body is not declared as plain JSON, or declares a content encoding. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SIGN_IN_LOCKED: Too many failed sign-ins from this address. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description HEADERS_TOO_LARGE: More or longer header fields than this service reads. */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description INTERNAL_ERROR: A fault of ours. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SERVICE_UNAVAILABLE: Something this answer depends on cannot be reached: blocked, not guessed. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other refusal; `code` says which. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_events_v1_admin_audit_events_get: {
        parameters: {
            query?: {
                chain?: "general" | "failed_auth";
                after?: number;
                limit?: number;
                action?: string | null;
            };
            header?: {
                "x-justification-ticket"?: string | null;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AuditEventsOut"];
                };
            };
            /** @description INVALID_REQUEST: The request breaks the schema or the strict JSON rules. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description UNAUTHORIZED: Who calls is unknown or not proven.
             *
             *     ADMIN_TOKEN_REQUIRED: Signed in, and without a live admin token: touch the security key.
             */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description CSRF_TOKEN_REFUSED: A request with a session's cookies and without its CSRF token.
             *
             *     FORBIDDEN: The caller is known and may not do this.
             *
             *     ACTION_CONFIRMATION_REQUIRED: The action needs a confirmation of its own, by the security key.
             *
             *     SECURITY_KEY_REFUSED: The security key, or its answer, is not accepted.
             */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description NOT_FOUND: There is no such thing, or none that the caller may know of. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description OWNER_REFUSED: The service that owns this refused; detail names its code. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SIGN_IN_LOCKED: Too many failed sign-ins from this address. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description HEADERS_TOO_LARGE: More or longer header fields than this service reads. */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description INTERNAL_ERROR: A fault of ours. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description SERVICE_UNAVAILABLE: Something this answer depends on cannot be reached: blocked, not guessed.
             *
             *     SERVICE_UNAVAILABLE: Something this answer depends on cannot be reached: blocked, not guessed.
             */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other refusal; `code` says which. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_proofs_v1_admin_audit_proofs_get: {
        parameters: {
            query?: {
                event_id?: string | null;
                request_id?: string | null;
                /** @description Of a score, a grievance or a consent; with its retailer. */
                record_id?: string | null;
                retailer_id?: string | null;
            };
            header?: {
                "x-justification-ticket"?: string | null;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AuditProofsOut"];
                };
            };
            /** @description INVALID_REQUEST: The request breaks the schema or the strict JSON rules. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description UNAUTHORIZED: Who calls is unknown or not proven.
             *
             *     ADMIN_TOKEN_REQUIRED: Signed in, and without a live admin token: touch the security key.
             */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description CSRF_TOKEN_REFUSED: A request with a session's cookies and without its CSRF token.
             *
             *     FORBIDDEN: The caller is known and may not do this.
             *
             *     ACTION_CONFIRMATION_REQUIRED: The action needs a confirmation of its own, by the security key.
             *
             *     SECURITY_KEY_REFUSED: The security key, or its answer, is not accepted.
             */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description NOT_FOUND: There is no such thing, or none that the caller may know of. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description OWNER_REFUSED: The service that owns this refused; detail names its code. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SIGN_IN_LOCKED: Too many failed sign-ins from this address. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description HEADERS_TOO_LARGE: More or longer header fields than this service reads. */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description INTERNAL_ERROR: A fault of ours. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description SERVICE_UNAVAILABLE: Something this answer depends on cannot be reached: blocked, not guessed.
             *
             *     SERVICE_UNAVAILABLE: Something this answer depends on cannot be reached: blocked, not guessed.
             */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other refusal; `code` says which. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_search_v1_admin_audit_search_get: {
        parameters: {
            query?: {
                request_id?: string | null;
                retailer_id?: string | null;
                lender_id?: string | null;
                /** @description Operator, lender, distributor or service that acted. */
                actor?: string | null;
                action?: string | null;
                /** @description Entries that occurred at this instant or later. */
                since?: string | null;
                /** @description Entries that occurred before this instant. */
                until?: string | null;
                /** @description `next` of the page before. */
                cursor?: string | null;
                limit?: number;
            };
            header?: {
                "x-justification-ticket"?: string | null;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AuditSearchOut"];
                };
            };
            /** @description INVALID_REQUEST: The request breaks the schema or the strict JSON rules. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description UNAUTHORIZED: Who calls is unknown or not proven.
             *
             *     ADMIN_TOKEN_REQUIRED: Signed in, and without a live admin token: touch the security key.
             */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description CSRF_TOKEN_REFUSED: A request with a session's cookies and without its CSRF token.
             *
             *     FORBIDDEN: The caller is known and may not do this.
             *
             *     ACTION_CONFIRMATION_REQUIRED: The action needs a confirmation of its own, by the security key.
             *
             *     SECURITY_KEY_REFUSED: The security key, or its answer, is not accepted.
             */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description NOT_FOUND: There is no such thing, or none that the caller may know of. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description OWNER_REFUSED: The service that owns this refused; detail names its code. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SIGN_IN_LOCKED: Too many failed sign-ins from this address. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description HEADERS_TOO_LARGE: More or longer header fields than this service reads. */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description INTERNAL_ERROR: A fault of ours. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description SERVICE_UNAVAILABLE: Something this answer depends on cannot be reached: blocked, not guessed.
             *
             *     SERVICE_UNAVAILABLE: Something this answer depends on cannot be reached: blocked, not guessed.
             */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other refusal; `code` says which. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_segments_v1_admin_audit_segments_get: {
        parameters: {
            query?: {
                chain?: "general" | "failed_auth";
            };
            header?: {
                "x-justification-ticket"?: string | null;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SegmentsOut"];
                };
            };
            /** @description INVALID_REQUEST: The request breaks the schema or the strict JSON rules. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description UNAUTHORIZED: Who calls is unknown or not proven.
             *
             *     ADMIN_TOKEN_REQUIRED: Signed in, and without a live admin token: touch the security key.
             */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description CSRF_TOKEN_REFUSED: A request with a session's cookies and without its CSRF token.
             *
             *     FORBIDDEN: The caller is known and may not do this.
             *
             *     ACTION_CONFIRMATION_REQUIRED: The action needs a confirmation of its own, by the security key.
             *
             *     SECURITY_KEY_REFUSED: The security key, or its answer, is not accepted.
             */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description NOT_FOUND: There is no such thing, or none that the caller may know of. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description OWNER_REFUSED: The service that owns this refused; detail names its code. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SIGN_IN_LOCKED: Too many failed sign-ins from this address. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description HEADERS_TOO_LARGE: More or longer header fields than this service reads. */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description INTERNAL_ERROR: A fault of ours. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description SERVICE_UNAVAILABLE: Something this answer depends on cannot be reached: blocked, not guessed.
             *
             *     SERVICE_UNAVAILABLE: Something this answer depends on cannot be reached: blocked, not guessed.
             */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other refusal; `code` says which. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    post_deletion_v1_admin_audit_segments_deletion_post: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["DeletionIn"];
            };
        };
        responses: {
            /** @description Successful Response */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RequestedOut"];
                };
            };
            /** @description INVALID_REQUEST: The request breaks the schema or the strict JSON rules. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description UNAUTHORIZED: Who calls is unknown or not proven.
             *
             *     ADMIN_TOKEN_REQUIRED: Signed in, and without a live admin token: touch the security key.
             */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description CSRF_TOKEN_REFUSED: A request with a session's cookies and without its CSRF token.
             *
             *     FORBIDDEN: The caller is known and may not do this.
             *
             *     ACTION_CONFIRMATION_REQUIRED: The action needs a confirmation of its own, by the security key.
             *
             *     SECURITY_KEY_REFUSED: The security key, or its answer, is not accepted.
             */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description NOT_FOUND: There is no such thing, or none that the caller may know of. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description REQUEST_TIMEOUT: The request did not arrive in time; the connection ends, since what follows on it cannot be told apart. */
            408: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description APPROVAL_CONFLICT: Another request about the same is open, or this one was changed or has ended since it was shown. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description PAYLOAD_TOO_LARGE: The body is larger than this endpoint takes. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description UNSUPPORTED_MEDIA_TYPE: The body is not declared as plain JSON, or declares a content encoding. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SIGN_IN_LOCKED: Too many failed sign-ins from this address. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description HEADERS_TOO_LARGE: More or longer header fields than this service reads. */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description INTERNAL_ERROR: A fault of ours. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description SERVICE_UNAVAILABLE: Something this answer depends on cannot be reached: blocked, not guessed.
             *
             *     SERVICE_UNAVAILABLE: Something this answer depends on cannot be reached: blocked, not guessed.
             */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other refusal; `code` says which. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_report_v1_admin_compliance_report_get: {
        parameters: {
            query: {
                from: string;
                to: string;
                format?: "json" | "pdf";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The report */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ReportOut"];
                    "application/pdf": unknown;
                };
            };
            /** @description It is being made; `Location` says where it will be */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ReportState"];
                };
            };
            /** @description INVALID_REQUEST: The request breaks the schema or the strict JSON rules. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description UNAUTHORIZED: Who calls is unknown or not proven.
             *
             *     ADMIN_TOKEN_REQUIRED: Signed in, and without a live admin token: touch the security key.
             */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description CSRF_TOKEN_REFUSED: A request with a session's cookies and without its CSRF token.
             *
             *     FORBIDDEN: The caller is known and may not do this.
             *
             *     ACTION_CONFIRMATION_REQUIRED: The action needs a confirmation of its own, by the security key.
             *
             *     SECURITY_KEY_REFUSED: The security key, or its answer, is not accepted.
             */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SIGN_IN_LOCKED: Too many failed sign-ins from this address. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description HEADERS_TOO_LARGE: More or longer header fields than this service reads. */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description INTERNAL_ERROR: A fault of ours. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description REPORT_NOT_DRAWN: The report has no PDF, since this process could not draw it; the JSON holds the same figures.
             *
             *     REPORT_FAILED: The compliance report could not be made; asking again makes another one.
             */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other refusal; `code` says which. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    post_report_v1_admin_compliance_reports_post: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ReportIn"];
            };
        };
        responses: {
            /** @description Successful Response */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ReportState"];
                };
            };
            /** @description INVALID_REQUEST: The request breaks the schema or the strict JSON rules. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description UNAUTHORIZED: Who calls is unknown or not proven.
             *
             *     ADMIN_TOKEN_REQUIRED: Signed in, and without a live admin token: touch the security key.
             */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description CSRF_TOKEN_REFUSED: A request with a session's cookies and without its CSRF token.
             *
             *     FORBIDDEN: The caller is known and may not do this.
             *
             *     ACTION_CONFIRMATION_REQUIRED: The action needs a confirmation of its own, by the security key.
             *
             *     SECURITY_KEY_REFUSED: The security key, or its answer, is not accepted.
             */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description REQUEST_TIMEOUT: The request did not arrive in time; the connection ends, since what follows on it cannot be told apart. */
            408: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description PAYLOAD_TOO_LARGE: The body is larger than this endpoint takes. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description UNSUPPORTED_MEDIA_TYPE: The body is not declared as plain JSON, or declares a content encoding. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SIGN_IN_LOCKED: Too many failed sign-ins from this address. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description HEADERS_TOO_LARGE: More or longer header fields than this service reads. */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description INTERNAL_ERROR: A fault of ours. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SERVICE_UNAVAILABLE: Something this answer depends on cannot be reached: blocked, not guessed. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other refusal; `code` says which. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_report_by_id_v1_admin_compliance_reports__report_id__get: {
        parameters: {
            query?: {
                format?: "json" | "pdf";
            };
            header?: never;
            path: {
                report_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The report */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ReportOut"];
                    "application/pdf": unknown;
                };
            };
            /** @description It is being made; `Location` says where it will be */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ReportState"];
                };
            };
            /** @description INVALID_REQUEST: The request breaks the schema or the strict JSON rules. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description UNAUTHORIZED: Who calls is unknown or not proven.
             *
             *     ADMIN_TOKEN_REQUIRED: Signed in, and without a live admin token: touch the security key.
             */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description CSRF_TOKEN_REFUSED: A request with a session's cookies and without its CSRF token.
             *
             *     FORBIDDEN: The caller is known and may not do this.
             *
             *     ACTION_CONFIRMATION_REQUIRED: The action needs a confirmation of its own, by the security key.
             *
             *     SECURITY_KEY_REFUSED: The security key, or its answer, is not accepted.
             */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description NOT_FOUND: There is no such thing, or none that the caller may know of. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SIGN_IN_LOCKED: Too many failed sign-ins from this address. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description HEADERS_TOO_LARGE: More or longer header fields than this service reads. */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description INTERNAL_ERROR: A fault of ours. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description REPORT_NOT_DRAWN: The report has no PDF, since this process could not draw it; the JSON holds the same figures. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other refusal; `code` says which. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    post_distributor_v1_admin_distributors_post: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["DistributorIn"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DistributorOut"];
                };
            };
            /** @description Onboarded; the only time that secrets are shown */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DistributorOut"];
                };
            };
            /** @description INVALID_REQUEST: The request breaks the schema or the strict JSON rules. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description UNAUTHORIZED: Who calls is unknown or not proven.
             *
             *     ADMIN_TOKEN_REQUIRED: Signed in, and without a live admin token: touch the security key.
             */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description CSRF_TOKEN_REFUSED: A request with a session's cookies and without its CSRF token.
             *
             *     FORBIDDEN: The caller is known and may not do this.
             *
             *     ACTION_CONFIRMATION_REQUIRED: The action needs a confirmation of its own, by the security key.
             *
             *     SECURITY_KEY_REFUSED: The security key, or its answer, is not accepted.
             */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description NOT_FOUND: There is no such thing, or none that the caller may know of. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description REQUEST_TIMEOUT: The request did not arrive in time; the connection ends, since what follows on it cannot be told apart. */
            408: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description OWNER_REFUSED: The service that owns this refused; detail names its code. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description PAYLOAD_TOO_LARGE: The body is larger than this endpoint takes. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description UNSUPPORTED_MEDIA_TYPE: The body is not declared as plain JSON, or declares a content encoding. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SIGN_IN_LOCKED: Too many failed sign-ins from this address. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description HEADERS_TOO_LARGE: More or longer header fields than this service reads. */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description INTERNAL_ERROR: A fault of ours. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description SERVICE_UNAVAILABLE: Something this answer depends on cannot be reached: blocked, not guessed.
             *
             *     SERVICE_UNAVAILABLE: Something this answer depends on cannot be reached: blocked, not guessed.
             */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other refusal; `code` says which. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    post_backfill_v1_admin_distributors__distributor_id__backfill_post: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                distributor_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["BackfillIn"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["BackfillOut"];
                };
            };
            /** @description INVALID_REQUEST: The request breaks the schema or the strict JSON rules. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description UNAUTHORIZED: Who calls is unknown or not proven.
             *
             *     ADMIN_TOKEN_REQUIRED: Signed in, and without a live admin token: touch the security key.
             */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description CSRF_TOKEN_REFUSED: A request with a session's cookies and without its CSRF token.
             *
             *     FORBIDDEN: The caller is known and may not do this.
             *
             *     ACTION_CONFIRMATION_REQUIRED: The action needs a confirmation of its own, by the security key.
             *
             *     SECURITY_KEY_REFUSED: The security key, or its answer, is not accepted.
             */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description NOT_FOUND: There is no such thing, or none that the caller may know of. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description REQUEST_TIMEOUT: The request did not arrive in time; the connection ends, since what follows on it cannot be told apart. */
            408: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description OWNER_REFUSED: The service that owns this refused; detail names its code. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description PAYLOAD_TOO_LARGE: The body is larger than this endpoint takes. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description UNSUPPORTED_MEDIA_TYPE: The body is not declared as plain JSON, or declares a content encoding. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SIGN_IN_LOCKED: Too many failed sign-ins from this address. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description HEADERS_TOO_LARGE: More or longer header fields than this service reads. */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description INTERNAL_ERROR: A fault of ours. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description SERVICE_UNAVAILABLE: Something this answer depends on cannot be reached: blocked, not guessed.
             *
             *     SERVICE_UNAVAILABLE: Something this answer depends on cannot be reached: blocked, not guessed.
             */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other refusal; `code` says which. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_provider_v1_admin_distributors__distributor_id__identity_provider_get: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                distributor_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProviderOut"];
                };
            };
            /** @description INVALID_REQUEST: The request breaks the schema or the strict JSON rules. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description UNAUTHORIZED: Who calls is unknown or not proven.
             *
             *     ADMIN_TOKEN_REQUIRED: Signed in, and without a live admin token: touch the security key.
             */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description CSRF_TOKEN_REFUSED: A request with a session's cookies and without its CSRF token.
             *
             *     FORBIDDEN: The caller is known and may not do this.
             *
             *     ACTION_CONFIRMATION_REQUIRED: The action needs a confirmation of its own, by the security key.
             *
             *     SECURITY_KEY_REFUSED: The security key, or its answer, is not accepted.
             */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description NOT_FOUND: There is no such thing, or none that the caller may know of. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description OWNER_REFUSED: The service that owns this refused; detail names its code. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SIGN_IN_LOCKED: Too many failed sign-ins from this address. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description HEADERS_TOO_LARGE: More or longer header fields than this service reads. */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description INTERNAL_ERROR: A fault of ours. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description SERVICE_UNAVAILABLE: Something this answer depends on cannot be reached: blocked, not guessed.
             *
             *     SERVICE_UNAVAILABLE: Something this answer depends on cannot be reached: blocked, not guessed.
             */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other refusal; `code` says which. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    post_provider_v1_admin_distributors__distributor_id__identity_provider_post: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                distributor_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ProviderIn"];
            };
        };
        responses: {
            /** @description Successful Response */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RequestedOut"];
                };
            };
            /** @description INVALID_REQUEST: The request breaks the schema or the strict JSON rules. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description UNAUTHORIZED: Who calls is unknown or not proven.
             *
             *     ADMIN_TOKEN_REQUIRED: Signed in, and without a live admin token: touch the security key.
             */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description CSRF_TOKEN_REFUSED: A request with a session's cookies and without its CSRF token.
             *
             *     FORBIDDEN: The caller is known and may not do this.
             *
             *     ACTION_CONFIRMATION_REQUIRED: The action needs a confirmation of its own, by the security key.
             *
             *     SECURITY_KEY_REFUSED: The security key, or its answer, is not accepted.
             */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description NOT_FOUND: There is no such thing, or none that the caller may know of. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description REQUEST_TIMEOUT: The request did not arrive in time; the connection ends, since what follows on it cannot be told apart. */
            408: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description APPROVAL_CONFLICT: Another request about the same is open, or this one was changed or has ended since it was shown. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description PAYLOAD_TOO_LARGE: The body is larger than this endpoint takes. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description UNSUPPORTED_MEDIA_TYPE: The body is not declared as plain JSON, or declares a content encoding. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SIGN_IN_LOCKED: Too many failed sign-ins from this address. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description HEADERS_TOO_LARGE: More or longer header fields than this service reads. */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description INTERNAL_ERROR: A fault of ours. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description SERVICE_UNAVAILABLE: Something this answer depends on cannot be reached: blocked, not guessed.
             *
             *     SERVICE_UNAVAILABLE: Something this answer depends on cannot be reached: blocked, not guessed.
             */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other refusal; `code` says which. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    post_invites_v1_admin_distributors__distributor_id__invites_post: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                distributor_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["InvitesIn"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["InvitesOut"];
                };
            };
            /** @description INVALID_REQUEST: The request breaks the schema or the strict JSON rules. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description UNAUTHORIZED: Who calls is unknown or not proven.
             *
             *     ADMIN_TOKEN_REQUIRED: Signed in, and without a live admin token: touch the security key.
             */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description CSRF_TOKEN_REFUSED: A request with a session's cookies and without its CSRF token.
             *
             *     FORBIDDEN: The caller is known and may not do this.
             *
             *     ACTION_CONFIRMATION_REQUIRED: The action needs a confirmation of its own, by the security key.
             *
             *     SECURITY_KEY_REFUSED: The security key, or its answer, is not accepted.
             */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description NOT_FOUND: There is no such thing, or none that the caller may know of. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description REQUEST_TIMEOUT: The request did not arrive in time; the connection ends, since what follows on it cannot be told apart. */
            408: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description OWNER_REFUSED: The service that owns this refused; detail names its code. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description PAYLOAD_TOO_LARGE: The body is larger than this endpoint takes. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description UNSUPPORTED_MEDIA_TYPE: The body is not declared as plain JSON, or declares a content encoding. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SIGN_IN_LOCKED: Too many failed sign-ins from this address. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description HEADERS_TOO_LARGE: More or longer header fields than this service reads. */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description INTERNAL_ERROR: A fault of ours. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description SERVICE_UNAVAILABLE: Something this answer depends on cannot be reached: blocked, not guessed.
             *
             *     SERVICE_UNAVAILABLE: Something this answer depends on cannot be reached: blocked, not guessed.
             */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other refusal; `code` says which. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    post_max_amount_v1_admin_distributors__distributor_id__max_amount_post: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                distributor_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["MaxAmountIn"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["MaxAmountOut"];
                };
            };
            /** @description INVALID_REQUEST: The request breaks the schema or the strict JSON rules. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description UNAUTHORIZED: Who calls is unknown or not proven.
             *
             *     ADMIN_TOKEN_REQUIRED: Signed in, and without a live admin token: touch the security key.
             */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description CSRF_TOKEN_REFUSED: A request with a session's cookies and without its CSRF token.
             *
             *     FORBIDDEN: The caller is known and may not do this.
             *
             *     ACTION_CONFIRMATION_REQUIRED: The action needs a confirmation of its own, by the security key.
             *
             *     SECURITY_KEY_REFUSED: The security key, or its answer, is not accepted.
             */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description NOT_FOUND: There is no such thing, or none that the caller may know of. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description REQUEST_TIMEOUT: The request did not arrive in time; the connection ends, since what follows on it cannot be told apart. */
            408: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description OWNER_REFUSED: The service that owns this refused; detail names its code. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description PAYLOAD_TOO_LARGE: The body is larger than this endpoint takes. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description UNSUPPORTED_MEDIA_TYPE: The body is not declared as plain JSON, or declares a content encoding. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SIGN_IN_LOCKED: Too many failed sign-ins from this address. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description HEADERS_TOO_LARGE: More or longer header fields than this service reads. */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description INTERNAL_ERROR: A fault of ours. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description SERVICE_UNAVAILABLE: Something this answer depends on cannot be reached: blocked, not guessed.
             *
             *     SERVICE_UNAVAILABLE: Something this answer depends on cannot be reached: blocked, not guessed.
             */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other refusal; `code` says which. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_people_v1_admin_distributors__distributor_id__people_get: {
        parameters: {
            query?: {
                /** @description `next_cursor` of the page before. */
                cursor?: string | null;
                limit?: number;
            };
            header?: never;
            path: {
                distributor_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PeopleOut"];
                };
            };
            /** @description INVALID_REQUEST: The request breaks the schema or the strict JSON rules. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description UNAUTHORIZED: Who calls is unknown or not proven.
             *
             *     ADMIN_TOKEN_REQUIRED: Signed in, and without a live admin token: touch the security key.
             */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description CSRF_TOKEN_REFUSED: A request with a session's cookies and without its CSRF token.
             *
             *     FORBIDDEN: The caller is known and may not do this.
             *
             *     ACTION_CONFIRMATION_REQUIRED: The action needs a confirmation of its own, by the security key.
             *
             *     SECURITY_KEY_REFUSED: The security key, or its answer, is not accepted.
             */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description NOT_FOUND: There is no such thing, or none that the caller may know of. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description OWNER_REFUSED: The service that owns this refused; detail names its code. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SIGN_IN_LOCKED: Too many failed sign-ins from this address. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description HEADERS_TOO_LARGE: More or longer header fields than this service reads. */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description INTERNAL_ERROR: A fault of ours. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description SERVICE_UNAVAILABLE: Something this answer depends on cannot be reached: blocked, not guessed.
             *
             *     SERVICE_UNAVAILABLE: Something this answer depends on cannot be reached: blocked, not guessed.
             */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other refusal; `code` says which. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    post_person_v1_admin_distributors__distributor_id__people_post: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                distributor_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PersonIn"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["EnrolledOut"];
                };
            };
            /** @description Enrolled for the first time */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["EnrolledOut"];
                };
            };
            /** @description INVALID_REQUEST: The request breaks the schema or the strict JSON rules. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description UNAUTHORIZED: Who calls is unknown or not proven.
             *
             *     ADMIN_TOKEN_REQUIRED: Signed in, and without a live admin token: touch the security key.
             */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description CSRF_TOKEN_REFUSED: A request with a session's cookies and without its CSRF token.
             *
             *     FORBIDDEN: The caller is known and may not do this.
             *
             *     ACTION_CONFIRMATION_REQUIRED: The action needs a confirmation of its own, by the security key.
             *
             *     SECURITY_KEY_REFUSED: The security key, or its answer, is not accepted.
             */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description NOT_FOUND: There is no such thing, or none that the caller may know of. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description REQUEST_TIMEOUT: The request did not arrive in time; the connection ends, since what follows on it cannot be told apart. */
            408: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description OWNER_REFUSED: The service that owns this refused; detail names its code. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description PAYLOAD_TOO_LARGE: The body is larger than this endpoint takes. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description UNSUPPORTED_MEDIA_TYPE: The body is not declared as plain JSON, or declares a content encoding. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SIGN_IN_LOCKED: Too many failed sign-ins from this address. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description HEADERS_TOO_LARGE: More or longer header fields than this service reads. */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description INTERNAL_ERROR: A fault of ours. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description SERVICE_UNAVAILABLE: Something this answer depends on cannot be reached: blocked, not guessed.
             *
             *     SERVICE_UNAVAILABLE: Something this answer depends on cannot be reached: blocked, not guessed.
             */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other refusal; `code` says which. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    post_end_all_sessions_v1_admin_distributors__distributor_id__people_end_sessions_post: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                distributor_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["altscore_admin__portal_people__schemas__SessionsEndedOut"];
                };
            };
            /** @description INVALID_REQUEST: The request breaks the schema or the strict JSON rules. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description UNAUTHORIZED: Who calls is unknown or not proven.
             *
             *     ADMIN_TOKEN_REQUIRED: Signed in, and without a live admin token: touch the security key.
             */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description CSRF_TOKEN_REFUSED: A request with a session's cookies and without its CSRF token.
             *
             *     FORBIDDEN: The caller is known and may not do this.
             *
             *     ACTION_CONFIRMATION_REQUIRED: The action needs a confirmation of its own, by the security key.
             *
             *     SECURITY_KEY_REFUSED: The security key, or its answer, is not accepted.
             */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description NOT_FOUND: There is no such thing, or none that the caller may know of. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description OWNER_REFUSED: The service that owns this refused; detail names its code. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SIGN_IN_LOCKED: Too many failed sign-ins from this address. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description HEADERS_TOO_LARGE: More or longer header fields than this service reads. */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description INTERNAL_ERROR: A fault of ours. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description SERVICE_UNAVAILABLE: Something this answer depends on cannot be reached: blocked, not guessed.
             *
             *     SERVICE_UNAVAILABLE: Something this answer depends on cannot be reached: blocked, not guessed.
             */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other refusal; `code` says which. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    post_end_sessions_v1_admin_distributors__distributor_id__people__person_id__end_sessions_post: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                distributor_id: string;
                person_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["altscore_admin__portal_people__schemas__SessionsEndedOut"];
                };
            };
            /** @description INVALID_REQUEST: The request breaks the schema or the strict JSON rules. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description UNAUTHORIZED: Who calls is unknown or not proven.
             *
             *     ADMIN_TOKEN_REQUIRED: Signed in, and without a live admin token: touch the security key.
             */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description CSRF_TOKEN_REFUSED: A request with a session's cookies and without its CSRF token.
             *
             *     FORBIDDEN: The caller is known and may not do this.
             *
             *     ACTION_CONFIRMATION_REQUIRED: The action needs a confirmation of its own, by the security key.
             *
             *     SECURITY_KEY_REFUSED: The security key, or its answer, is not accepted.
             */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description NOT_FOUND: There is no such thing, or none that the caller may know of. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description OWNER_REFUSED: The service that owns this refused; detail names its code. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SIGN_IN_LOCKED: Too many failed sign-ins from this address. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description HEADERS_TOO_LARGE: More or longer header fields than this service reads. */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description INTERNAL_ERROR: A fault of ours. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description SERVICE_UNAVAILABLE: Something this answer depends on cannot be reached: blocked, not guessed.
             *
             *     SERVICE_UNAVAILABLE: Something this answer depends on cannot be reached: blocked, not guessed.
             */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other refusal; `code` says which. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    post_reactivate_person_v1_admin_distributors__distributor_id__people__person_id__reactivate_post: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                distributor_id: string;
                person_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PortalAccessOut"];
                };
            };
            /** @description INVALID_REQUEST: The request breaks the schema or the strict JSON rules. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description UNAUTHORIZED: Who calls is unknown or not proven.
             *
             *     ADMIN_TOKEN_REQUIRED: Signed in, and without a live admin token: touch the security key.
             */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description CSRF_TOKEN_REFUSED: A request with a session's cookies and without its CSRF token.
             *
             *     FORBIDDEN: The caller is known and may not do this.
             *
             *     ACTION_CONFIRMATION_REQUIRED: The action needs a confirmation of its own, by the security key.
             *
             *     SECURITY_KEY_REFUSED: The security key, or its answer, is not accepted.
             */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description NOT_FOUND: There is no such thing, or none that the caller may know of. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description OWNER_REFUSED: The service that owns this refused; detail names its code. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SIGN_IN_LOCKED: Too many failed sign-ins from this address. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description HEADERS_TOO_LARGE: More or longer header fields than this service reads. */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description INTERNAL_ERROR: A fault of ours. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description SERVICE_UNAVAILABLE: Something this answer depends on cannot be reached: blocked, not guessed.
             *
             *     SERVICE_UNAVAILABLE: Something this answer depends on cannot be reached: blocked, not guessed.
             */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other refusal; `code` says which. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    post_remove_person_v1_admin_distributors__distributor_id__people__person_id__remove_post: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                distributor_id: string;
                person_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["altscore_admin__portal_people__schemas__SessionsEndedOut"];
                };
            };
            /** @description INVALID_REQUEST: The request breaks the schema or the strict JSON rules. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description UNAUTHORIZED: Who calls is unknown or not proven.
             *
             *     ADMIN_TOKEN_REQUIRED: Signed in, and without a live admin token: touch the security key.
             */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description CSRF_TOKEN_REFUSED: A request with a session's cookies and without its CSRF token.
             *
             *     FORBIDDEN: The caller is known and may not do this.
             *
             *     ACTION_CONFIRMATION_REQUIRED: The action needs a confirmation of its own, by the security key.
             *
             *     SECURITY_KEY_REFUSED: The security key, or its answer, is not accepted.
             */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description NOT_FOUND: There is no such thing, or none that the caller may know of. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description OWNER_REFUSED: The service that owns this refused; detail names its code. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SIGN_IN_LOCKED: Too many failed sign-ins from this address. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description HEADERS_TOO_LARGE: More or longer header fields than this service reads. */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description INTERNAL_ERROR: A fault of ours. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description SERVICE_UNAVAILABLE: Something this answer depends on cannot be reached: blocked, not guessed.
             *
             *     SERVICE_UNAVAILABLE: Something this answer depends on cannot be reached: blocked, not guessed.
             */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other refusal; `code` says which. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    post_suspend_person_v1_admin_distributors__distributor_id__people__person_id__suspend_post: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                distributor_id: string;
                person_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PortalAccessOut"];
                };
            };
            /** @description INVALID_REQUEST: The request breaks the schema or the strict JSON rules. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description UNAUTHORIZED: Who calls is unknown or not proven.
             *
             *     ADMIN_TOKEN_REQUIRED: Signed in, and without a live admin token: touch the security key.
             */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description CSRF_TOKEN_REFUSED: A request with a session's cookies and without its CSRF token.
             *
             *     FORBIDDEN: The caller is known and may not do this.
             *
             *     ACTION_CONFIRMATION_REQUIRED: The action needs a confirmation of its own, by the security key.
             *
             *     SECURITY_KEY_REFUSED: The security key, or its answer, is not accepted.
             */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description NOT_FOUND: There is no such thing, or none that the caller may know of. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description OWNER_REFUSED: The service that owns this refused; detail names its code. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SIGN_IN_LOCKED: Too many failed sign-ins from this address. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description HEADERS_TOO_LARGE: More or longer header fields than this service reads. */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description INTERNAL_ERROR: A fault of ours. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description SERVICE_UNAVAILABLE: Something this answer depends on cannot be reached: blocked, not guessed.
             *
             *     SERVICE_UNAVAILABLE: Something this answer depends on cannot be reached: blocked, not guessed.
             */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other refusal; `code` says which. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    post_reactivate_v1_admin_distributors__distributor_id__portal_reactivate_post: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                distributor_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PortalAccessOut"];
                };
            };
            /** @description INVALID_REQUEST: The request breaks the schema or the strict JSON rules. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description UNAUTHORIZED: Who calls is unknown or not proven.
             *
             *     ADMIN_TOKEN_REQUIRED: Signed in, and without a live admin token: touch the security key.
             */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description CSRF_TOKEN_REFUSED: A request with a session's cookies and without its CSRF token.
             *
             *     FORBIDDEN: The caller is known and may not do this.
             *
             *     ACTION_CONFIRMATION_REQUIRED: The action needs a confirmation of its own, by the security key.
             *
             *     SECURITY_KEY_REFUSED: The security key, or its answer, is not accepted.
             */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description NOT_FOUND: There is no such thing, or none that the caller may know of. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description OWNER_REFUSED: The service that owns this refused; detail names its code. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SIGN_IN_LOCKED: Too many failed sign-ins from this address. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description HEADERS_TOO_LARGE: More or longer header fields than this service reads. */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description INTERNAL_ERROR: A fault of ours. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description SERVICE_UNAVAILABLE: Something this answer depends on cannot be reached: blocked, not guessed.
             *
             *     SERVICE_UNAVAILABLE: Something this answer depends on cannot be reached: blocked, not guessed.
             */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other refusal; `code` says which. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    post_suspend_v1_admin_distributors__distributor_id__portal_suspend_post: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                distributor_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PortalAccessOut"];
                };
            };
            /** @description INVALID_REQUEST: The request breaks the schema or the strict JSON rules. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description UNAUTHORIZED: Who calls is unknown or not proven.
             *
             *     ADMIN_TOKEN_REQUIRED: Signed in, and without a live admin token: touch the security key.
             */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description CSRF_TOKEN_REFUSED: A request with a session's cookies and without its CSRF token.
             *
             *     FORBIDDEN: The caller is known and may not do this.
             *
             *     ACTION_CONFIRMATION_REQUIRED: The action needs a confirmation of its own, by the security key.
             *
             *     SECURITY_KEY_REFUSED: The security key, or its answer, is not accepted.
             */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description NOT_FOUND: There is no such thing, or none that the caller may know of. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description OWNER_REFUSED: The service that owns this refused; detail names its code. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SIGN_IN_LOCKED: Too many failed sign-ins from this address. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description HEADERS_TOO_LARGE: More or longer header fields than this service reads. */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description INTERNAL_ERROR: A fault of ours. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description SERVICE_UNAVAILABLE: Something this answer depends on cannot be reached: blocked, not guessed.
             *
             *     SERVICE_UNAVAILABLE: Something this answer depends on cannot be reached: blocked, not guessed.
             */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other refusal; `code` says which. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    post_reprocess_v1_admin_distributors__distributor_id__quarantine__batch_id__reprocess_post: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                distributor_id: string;
                batch_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RequestedOut"];
                };
            };
            /** @description INVALID_REQUEST: The request breaks the schema or the strict JSON rules. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description UNAUTHORIZED: Who calls is unknown or not proven.
             *
             *     ADMIN_TOKEN_REQUIRED: Signed in, and without a live admin token: touch the security key.
             */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description CSRF_TOKEN_REFUSED: A request with a session's cookies and without its CSRF token.
             *
             *     FORBIDDEN: The caller is known and may not do this.
             *
             *     ACTION_CONFIRMATION_REQUIRED: The action needs a confirmation of its own, by the security key.
             *
             *     SECURITY_KEY_REFUSED: The security key, or its answer, is not accepted.
             */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description NOT_FOUND: There is no such thing, or none that the caller may know of. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description APPROVAL_CONFLICT: Another request about the same is open, or this one was changed or has ended since it was shown. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SIGN_IN_LOCKED: Too many failed sign-ins from this address. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description HEADERS_TOO_LARGE: More or longer header fields than this service reads. */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description INTERNAL_ERROR: A fault of ours. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description SERVICE_UNAVAILABLE: Something this answer depends on cannot be reached: blocked, not guessed.
             *
             *     SERVICE_UNAVAILABLE: Something this answer depends on cannot be reached: blocked, not guessed.
             */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other refusal; `code` says which. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    post_reactivate_distributor_v1_admin_distributors__distributor_id__reactivate_post: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                distributor_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SuspendIn"];
            };
        };
        responses: {
            /** @description Successful Response */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RequestedOut"];
                };
            };
            /** @description INVALID_REQUEST: The request breaks the schema or the strict JSON rules. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description UNAUTHORIZED: Who calls is unknown or not proven.
             *
             *     ADMIN_TOKEN_REQUIRED: Signed in, and without a live admin token: touch the security key.
             */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description CSRF_TOKEN_REFUSED: A request with a session's cookies and without its CSRF token.
             *
             *     FORBIDDEN: The caller is known and may not do this.
             *
             *     ACTION_CONFIRMATION_REQUIRED: The action needs a confirmation of its own, by the security key.
             *
             *     SECURITY_KEY_REFUSED: The security key, or its answer, is not accepted.
             */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description NOT_FOUND: There is no such thing, or none that the caller may know of. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description REQUEST_TIMEOUT: The request did not arrive in time; the connection ends, since what follows on it cannot be told apart. */
            408: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description APPROVAL_CONFLICT: Another request about the same is open, or this one was changed or has ended since it was shown. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description PAYLOAD_TOO_LARGE: The body is larger than this endpoint takes. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description UNSUPPORTED_MEDIA_TYPE: The body is not declared as plain JSON, or declares a content encoding. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SIGN_IN_LOCKED: Too many failed sign-ins from this address. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description HEADERS_TOO_LARGE: More or longer header fields than this service reads. */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description INTERNAL_ERROR: A fault of ours. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description SERVICE_UNAVAILABLE: Something this answer depends on cannot be reached: blocked, not guessed.
             *
             *     SERVICE_UNAVAILABLE: Something this answer depends on cannot be reached: blocked, not guessed.
             */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other refusal; `code` says which. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    post_revoke_v1_admin_distributors__distributor_id__revoke_post: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                distributor_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RevokedOut"];
                };
            };
            /** @description INVALID_REQUEST: The request breaks the schema or the strict JSON rules. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description UNAUTHORIZED: Who calls is unknown or not proven.
             *
             *     ADMIN_TOKEN_REQUIRED: Signed in, and without a live admin token: touch the security key.
             */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description CSRF_TOKEN_REFUSED: A request with a session's cookies and without its CSRF token.
             *
             *     FORBIDDEN: The caller is known and may not do this.
             *
             *     ACTION_CONFIRMATION_REQUIRED: The action needs a confirmation of its own, by the security key.
             *
             *     SECURITY_KEY_REFUSED: The security key, or its answer, is not accepted.
             */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description NOT_FOUND: There is no such thing, or none that the caller may know of. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description OWNER_REFUSED: The service that owns this refused; detail names its code. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SIGN_IN_LOCKED: Too many failed sign-ins from this address. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description HEADERS_TOO_LARGE: More or longer header fields than this service reads. */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description INTERNAL_ERROR: A fault of ours. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description SERVICE_UNAVAILABLE: Something this answer depends on cannot be reached: blocked, not guessed.
             *
             *     SERVICE_UNAVAILABLE: Something this answer depends on cannot be reached: blocked, not guessed.
             */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other refusal; `code` says which. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    post_rotate_key_v1_admin_distributors__distributor_id__rotate_key_post: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                distributor_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RotateKeyIn"];
            };
        };
        responses: {
            /** @description Successful Response */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RotateKeyOut"];
                };
            };
            /** @description INVALID_REQUEST: The request breaks the schema or the strict JSON rules. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description UNAUTHORIZED: Who calls is unknown or not proven.
             *
             *     ADMIN_TOKEN_REQUIRED: Signed in, and without a live admin token: touch the security key.
             */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description CSRF_TOKEN_REFUSED: A request with a session's cookies and without its CSRF token.
             *
             *     FORBIDDEN: The caller is known and may not do this.
             *
             *     ACTION_CONFIRMATION_REQUIRED: The action needs a confirmation of its own, by the security key.
             *
             *     SECURITY_KEY_REFUSED: The security key, or its answer, is not accepted.
             */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description NOT_FOUND: There is no such thing, or none that the caller may know of. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description REQUEST_TIMEOUT: The request did not arrive in time; the connection ends, since what follows on it cannot be told apart. */
            408: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description OWNER_REFUSED: The service that owns this refused; detail names its code. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description PAYLOAD_TOO_LARGE: The body is larger than this endpoint takes. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description UNSUPPORTED_MEDIA_TYPE: The body is not declared as plain JSON, or declares a content encoding. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SIGN_IN_LOCKED: Too many failed sign-ins from this address. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description HEADERS_TOO_LARGE: More or longer header fields than this service reads. */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description INTERNAL_ERROR: A fault of ours. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description SERVICE_UNAVAILABLE: Something this answer depends on cannot be reached: blocked, not guessed.
             *
             *     SERVICE_UNAVAILABLE: Something this answer depends on cannot be reached: blocked, not guessed.
             */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other refusal; `code` says which. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    post_sftp_key_v1_admin_distributors__distributor_id__sftp_keys_post: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                distributor_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SftpKeyIn"];
            };
        };
        responses: {
            /** @description Successful Response */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SftpKeyOut"];
                };
            };
            /** @description INVALID_REQUEST: The request breaks the schema or the strict JSON rules. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description UNAUTHORIZED: Who calls is unknown or not proven.
             *
             *     ADMIN_TOKEN_REQUIRED: Signed in, and without a live admin token: touch the security key.
             */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description CSRF_TOKEN_REFUSED: A request with a session's cookies and without its CSRF token.
             *
             *     FORBIDDEN: The caller is known and may not do this.
             *
             *     ACTION_CONFIRMATION_REQUIRED: The action needs a confirmation of its own, by the security key.
             *
             *     SECURITY_KEY_REFUSED: The security key, or its answer, is not accepted.
             */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description NOT_FOUND: There is no such thing, or none that the caller may know of. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description REQUEST_TIMEOUT: The request did not arrive in time; the connection ends, since what follows on it cannot be told apart. */
            408: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description OWNER_REFUSED: The service that owns this refused; detail names its code. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description PAYLOAD_TOO_LARGE: The body is larger than this endpoint takes. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description UNSUPPORTED_MEDIA_TYPE: The body is not declared as plain JSON, or declares a content encoding. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SIGN_IN_LOCKED: Too many failed sign-ins from this address. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description HEADERS_TOO_LARGE: More or longer header fields than this service reads. */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description INTERNAL_ERROR: A fault of ours. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description SERVICE_UNAVAILABLE: Something this answer depends on cannot be reached: blocked, not guessed.
             *
             *     SERVICE_UNAVAILABLE: Something this answer depends on cannot be reached: blocked, not guessed.
             */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other refusal; `code` says which. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    post_sftp_keys_revoke_v1_admin_distributors__distributor_id__sftp_keys_revoke_post: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                distributor_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SftpKeysRevokedOut"];
                };
            };
            /** @description INVALID_REQUEST: The request breaks the schema or the strict JSON rules. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description UNAUTHORIZED: Who calls is unknown or not proven.
             *
             *     ADMIN_TOKEN_REQUIRED: Signed in, and without a live admin token: touch the security key.
             */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description CSRF_TOKEN_REFUSED: A request with a session's cookies and without its CSRF token.
             *
             *     FORBIDDEN: The caller is known and may not do this.
             *
             *     ACTION_CONFIRMATION_REQUIRED: The action needs a confirmation of its own, by the security key.
             *
             *     SECURITY_KEY_REFUSED: The security key, or its answer, is not accepted.
             */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description NOT_FOUND: There is no such thing, or none that the caller may know of. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description OWNER_REFUSED: The service that owns this refused; detail names its code. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SIGN_IN_LOCKED: Too many failed sign-ins from this address. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description HEADERS_TOO_LARGE: More or longer header fields than this service reads. */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description INTERNAL_ERROR: A fault of ours. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description SERVICE_UNAVAILABLE: Something this answer depends on cannot be reached: blocked, not guessed.
             *
             *     SERVICE_UNAVAILABLE: Something this answer depends on cannot be reached: blocked, not guessed.
             */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other refusal; `code` says which. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    post_suspend_distributor_v1_admin_distributors__distributor_id__suspend_post: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                distributor_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SuspendIn"];
            };
        };
        responses: {
            /** @description Successful Response */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RequestedOut"];
                };
            };
            /** @description INVALID_REQUEST: The request breaks the schema or the strict JSON rules. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description UNAUTHORIZED: Who calls is unknown or not proven.
             *
             *     ADMIN_TOKEN_REQUIRED: Signed in, and without a live admin token: touch the security key.
             */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description CSRF_TOKEN_REFUSED: A request with a session's cookies and without its CSRF token.
             *
             *     FORBIDDEN: The caller is known and may not do this.
             *
             *     ACTION_CONFIRMATION_REQUIRED: The action needs a confirmation of its own, by the security key.
             *
             *     SECURITY_KEY_REFUSED: The security key, or its answer, is not accepted.
             */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description NOT_FOUND: There is no such thing, or none that the caller may know of. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description REQUEST_TIMEOUT: The request did not arrive in time; the connection ends, since what follows on it cannot be told apart. */
            408: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description APPROVAL_CONFLICT: Another request about the same is open, or this one was changed or has ended since it was shown. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description PAYLOAD_TOO_LARGE: The body is larger than this endpoint takes. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description UNSUPPORTED_MEDIA_TYPE: The body is not declared as plain JSON, or declares a content encoding. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SIGN_IN_LOCKED: Too many failed sign-ins from this address. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description HEADERS_TOO_LARGE: More or longer header fields than this service reads. */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description INTERNAL_ERROR: A fault of ours. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description SERVICE_UNAVAILABLE: Something this answer depends on cannot be reached: blocked, not guessed.
             *
             *     SERVICE_UNAVAILABLE: Something this answer depends on cannot be reached: blocked, not guessed.
             */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other refusal; `code` says which. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_grievances_v1_admin_grievances_get: {
        parameters: {
            query?: {
                /** @description Without it, what is not resolved. */
                status?: ("open" | "acknowledged" | "resolved") | null;
                assignee?: string | null;
                /** @description Only those whose SLA is missed. */
                overdue?: boolean;
                /** @description `next_cursor` of the page before. */
                cursor?: string | null;
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["GrievancesOut"];
                };
            };
            /** @description INVALID_REQUEST: The request breaks the schema or the strict JSON rules. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description UNAUTHORIZED: Who calls is unknown or not proven.
             *
             *     ADMIN_TOKEN_REQUIRED: Signed in, and without a live admin token: touch the security key.
             */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description CSRF_TOKEN_REFUSED: A request with a session's cookies and without its CSRF token.
             *
             *     FORBIDDEN: The caller is known and may not do this.
             *
             *     ACTION_CONFIRMATION_REQUIRED: The action needs a confirmation of its own, by the security key.
             *
             *     SECURITY_KEY_REFUSED: The security key, or its answer, is not accepted.
             */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SIGN_IN_LOCKED: Too many failed sign-ins from this address. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description HEADERS_TOO_LARGE: More or longer header fields than this service reads. */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description INTERNAL_ERROR: A fault of ours. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SERVICE_UNAVAILABLE: Something this answer depends on cannot be reached: blocked, not guessed. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other refusal; `code` says which. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_grievance_v1_admin_grievances__grievance_id__get: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                grievance_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["GrievanceWhole"];
                };
            };
            /** @description INVALID_REQUEST: The request breaks the schema or the strict JSON rules. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description UNAUTHORIZED: Who calls is unknown or not proven.
             *
             *     ADMIN_TOKEN_REQUIRED: Signed in, and without a live admin token: touch the security key.
             */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description CSRF_TOKEN_REFUSED: A request with a session's cookies and without its CSRF token.
             *
             *     FORBIDDEN: The caller is known and may not do this.
             *
             *     ACTION_CONFIRMATION_REQUIRED: The action needs a confirmation of its own, by the security key.
             *
             *     SECURITY_KEY_REFUSED: The security key, or its answer, is not accepted.
             */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description NOT_FOUND: There is no such thing, or none that the caller may know of. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SIGN_IN_LOCKED: Too many failed sign-ins from this address. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description HEADERS_TOO_LARGE: More or longer header fields than this service reads. */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description INTERNAL_ERROR: A fault of ours. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SERVICE_UNAVAILABLE: Something this answer depends on cannot be reached: blocked, not guessed. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other refusal; `code` says which. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    post_acknowledge_v1_admin_grievances__grievance_id__acknowledge_post: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                grievance_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["GrievanceOut"];
                };
            };
            /** @description INVALID_REQUEST: The request breaks the schema or the strict JSON rules. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description UNAUTHORIZED: Who calls is unknown or not proven.
             *
             *     ADMIN_TOKEN_REQUIRED: Signed in, and without a live admin token: touch the security key.
             */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description CSRF_TOKEN_REFUSED: A request with a session's cookies and without its CSRF token.
             *
             *     FORBIDDEN: The caller is known and may not do this.
             *
             *     ACTION_CONFIRMATION_REQUIRED: The action needs a confirmation of its own, by the security key.
             *
             *     SECURITY_KEY_REFUSED: The security key, or its answer, is not accepted.
             */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description NOT_FOUND: There is no such thing, or none that the caller may know of. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SIGN_IN_LOCKED: Too many failed sign-ins from this address. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description HEADERS_TOO_LARGE: More or longer header fields than this service reads. */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description INTERNAL_ERROR: A fault of ours. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SERVICE_UNAVAILABLE: Something this answer depends on cannot be reached: blocked, not guessed. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other refusal; `code` says which. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    post_assign_v1_admin_grievances__grievance_id__assign_post: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                grievance_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["AssignIn"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["GrievanceOut"];
                };
            };
            /** @description INVALID_REQUEST: The request breaks the schema or the strict JSON rules. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description UNAUTHORIZED: Who calls is unknown or not proven.
             *
             *     ADMIN_TOKEN_REQUIRED: Signed in, and without a live admin token: touch the security key.
             */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description CSRF_TOKEN_REFUSED: A request with a session's cookies and without its CSRF token.
             *
             *     FORBIDDEN: The caller is known and may not do this.
             *
             *     ACTION_CONFIRMATION_REQUIRED: The action needs a confirmation of its own, by the security key.
             *
             *     SECURITY_KEY_REFUSED: The security key, or its answer, is not accepted.
             */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description NOT_FOUND: There is no such thing, or none that the caller may know of. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description REQUEST_TIMEOUT: The request did not arrive in time; the connection ends, since what follows on it cannot be told apart. */
            408: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description GRIEVANCE_RESOLVED: The grievance is already resolved; a resolution is never rewritten. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description PAYLOAD_TOO_LARGE: The body is larger than this endpoint takes. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description UNSUPPORTED_MEDIA_TYPE: The body is not declared as plain JSON, or declares a content encoding. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SIGN_IN_LOCKED: Too many failed sign-ins from this address. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description HEADERS_TOO_LARGE: More or longer header fields than this service reads. */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description INTERNAL_ERROR: A fault of ours. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SERVICE_UNAVAILABLE: Something this answer depends on cannot be reached: blocked, not guessed. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other refusal; `code` says which. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_evidence_v1_admin_grievances__grievance_id__evidence_get: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                grievance_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["EvidenceOut"];
                };
            };
            /** @description INVALID_REQUEST: The request breaks the schema or the strict JSON rules. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description UNAUTHORIZED: Who calls is unknown or not proven.
             *
             *     ADMIN_TOKEN_REQUIRED: Signed in, and without a live admin token: touch the security key.
             */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description CSRF_TOKEN_REFUSED: A request with a session's cookies and without its CSRF token.
             *
             *     FORBIDDEN: The caller is known and may not do this.
             *
             *     ACTION_CONFIRMATION_REQUIRED: The action needs a confirmation of its own, by the security key.
             *
             *     SECURITY_KEY_REFUSED: The security key, or its answer, is not accepted.
             */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description NOT_FOUND: There is no such thing, or none that the caller may know of.
             *
             *     NOT_FOUND: There is no such thing, or none that the caller may know of.
             */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description OWNER_REFUSED: The service that owns this refused; detail names its code. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SIGN_IN_LOCKED: Too many failed sign-ins from this address. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description HEADERS_TOO_LARGE: More or longer header fields than this service reads. */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description INTERNAL_ERROR: A fault of ours. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SERVICE_UNAVAILABLE: Something this answer depends on cannot be reached: blocked, not guessed. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other refusal; `code` says which. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_notes_v1_admin_grievances__grievance_id__notes_get: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                grievance_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["NotesOut"];
                };
            };
            /** @description INVALID_REQUEST: The request breaks the schema or the strict JSON rules. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description UNAUTHORIZED: Who calls is unknown or not proven.
             *
             *     ADMIN_TOKEN_REQUIRED: Signed in, and without a live admin token: touch the security key.
             */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description CSRF_TOKEN_REFUSED: A request with a session's cookies and without its CSRF token.
             *
             *     FORBIDDEN: The caller is known and may not do this.
             *
             *     ACTION_CONFIRMATION_REQUIRED: The action needs a confirmation of its own, by the security key.
             *
             *     SECURITY_KEY_REFUSED: The security key, or its answer, is not accepted.
             */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description NOT_FOUND: There is no such thing, or none that the caller may know of. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SIGN_IN_LOCKED: Too many failed sign-ins from this address. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description HEADERS_TOO_LARGE: More or longer header fields than this service reads. */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description INTERNAL_ERROR: A fault of ours. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SERVICE_UNAVAILABLE: Something this answer depends on cannot be reached: blocked, not guessed. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other refusal; `code` says which. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    post_note_v1_admin_grievances__grievance_id__notes_post: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                grievance_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NoteIn"];
            };
        };
        responses: {
            /** @description Successful Response */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description INVALID_REQUEST: The request breaks the schema or the strict JSON rules. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description UNAUTHORIZED: Who calls is unknown or not proven.
             *
             *     ADMIN_TOKEN_REQUIRED: Signed in, and without a live admin token: touch the security key.
             */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description CSRF_TOKEN_REFUSED: A request with a session's cookies and without its CSRF token.
             *
             *     FORBIDDEN: The caller is known and may not do this.
             *
             *     ACTION_CONFIRMATION_REQUIRED: The action needs a confirmation of its own, by the security key.
             *
             *     SECURITY_KEY_REFUSED: The security key, or its answer, is not accepted.
             */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description NOT_FOUND: There is no such thing, or none that the caller may know of. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description REQUEST_TIMEOUT: The request did not arrive in time; the connection ends, since what follows on it cannot be told apart. */
            408: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description PAYLOAD_TOO_LARGE: The body is larger than this endpoint takes. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description UNSUPPORTED_MEDIA_TYPE: The body is not declared as plain JSON, or declares a content encoding. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SIGN_IN_LOCKED: Too many failed sign-ins from this address. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description HEADERS_TOO_LARGE: More or longer header fields than this service reads. */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description INTERNAL_ERROR: A fault of ours. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SERVICE_UNAVAILABLE: Something this answer depends on cannot be reached: blocked, not guessed. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other refusal; `code` says which. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    post_rescoring_v1_admin_grievances__grievance_id__request_rescoring_post: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                grievance_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["GrievanceOut"];
                };
            };
            /** @description INVALID_REQUEST: The request breaks the schema or the strict JSON rules. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description UNAUTHORIZED: Who calls is unknown or not proven.
             *
             *     ADMIN_TOKEN_REQUIRED: Signed in, and without a live admin token: touch the security key.
             */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description CSRF_TOKEN_REFUSED: A request with a session's cookies and without its CSRF token.
             *
             *     FORBIDDEN: The caller is known and may not do this.
             *
             *     ACTION_CONFIRMATION_REQUIRED: The action needs a confirmation of its own, by the security key.
             *
             *     SECURITY_KEY_REFUSED: The security key, or its answer, is not accepted.
             */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description NOT_FOUND: There is no such thing, or none that the caller may know of.
             *
             *     NOT_FOUND: There is no such thing, or none that the caller may know of.
             */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description GRIEVANCE_RESOLVED: The grievance is already resolved; a resolution is never rewritten.
             *
             *     OWNER_REFUSED: The service that owns this refused; detail names its code.
             */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SIGN_IN_LOCKED: Too many failed sign-ins from this address. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description HEADERS_TOO_LARGE: More or longer header fields than this service reads. */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description INTERNAL_ERROR: A fault of ours. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SERVICE_UNAVAILABLE: Something this answer depends on cannot be reached: blocked, not guessed. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other refusal; `code` says which. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    post_resolve_v1_admin_grievances__grievance_id__resolve_post: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                grievance_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ResolutionIn"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["GrievanceOut"];
                };
            };
            /** @description INVALID_REQUEST: The request breaks the schema or the strict JSON rules. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description UNAUTHORIZED: Who calls is unknown or not proven.
             *
             *     ADMIN_TOKEN_REQUIRED: Signed in, and without a live admin token: touch the security key.
             */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description CSRF_TOKEN_REFUSED: A request with a session's cookies and without its CSRF token.
             *
             *     FORBIDDEN: The caller is known and may not do this.
             *
             *     ACTION_CONFIRMATION_REQUIRED: The action needs a confirmation of its own, by the security key.
             *
             *     SECURITY_KEY_REFUSED: The security key, or its answer, is not accepted.
             */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description NOT_FOUND: There is no such thing, or none that the caller may know of. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description REQUEST_TIMEOUT: The request did not arrive in time; the connection ends, since what follows on it cannot be told apart. */
            408: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description GRIEVANCE_RESOLVED: The grievance is already resolved; a resolution is never rewritten. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description PAYLOAD_TOO_LARGE: The body is larger than this endpoint takes. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description UNSUPPORTED_MEDIA_TYPE: The body is not declared as plain JSON, or declares a content encoding. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SIGN_IN_LOCKED: Too many failed sign-ins from this address. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description HEADERS_TOO_LARGE: More or longer header fields than this service reads. */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description INTERNAL_ERROR: A fault of ours. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SERVICE_UNAVAILABLE: Something this answer depends on cannot be reached: blocked, not guessed. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other refusal; `code` says which. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_incidents_v1_admin_incidents_get: {
        parameters: {
            query?: {
                status?: ("open" | "contained" | "closed") | null;
                cursor?: string | null;
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["IncidentsOut"];
                };
            };
            /** @description INVALID_REQUEST: The request breaks the schema or the strict JSON rules. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description UNAUTHORIZED: Who calls is unknown or not proven.
             *
             *     ADMIN_TOKEN_REQUIRED: Signed in, and without a live admin token: touch the security key.
             */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description CSRF_TOKEN_REFUSED: A request with a session's cookies and without its CSRF token.
             *
             *     FORBIDDEN: The caller is known and may not do this.
             *
             *     ACTION_CONFIRMATION_REQUIRED: The action needs a confirmation of its own, by the security key.
             *
             *     SECURITY_KEY_REFUSED: The security key, or its answer, is not accepted.
             */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description NOT_FOUND: There is no such thing, or none that the caller may know of. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description OWNER_REFUSED: The service that owns this refused; detail names its code. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SIGN_IN_LOCKED: Too many failed sign-ins from this address. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description HEADERS_TOO_LARGE: More or longer header fields than this service reads. */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description INTERNAL_ERROR: A fault of ours. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description SERVICE_UNAVAILABLE: Something this answer depends on cannot be reached: blocked, not guessed.
             *
             *     SERVICE_UNAVAILABLE: Something this answer depends on cannot be reached: blocked, not guessed.
             */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other refusal; `code` says which. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    post_incident_v1_admin_incidents_post: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["IncidentIn"];
            };
        };
        responses: {
            /** @description Successful Response */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["IncidentOut"];
                };
            };
            /** @description INVALID_REQUEST: The request breaks the schema or the strict JSON rules. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description UNAUTHORIZED: Who calls is unknown or not proven.
             *
             *     ADMIN_TOKEN_REQUIRED: Signed in, and without a live admin token: touch the security key.
             */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description CSRF_TOKEN_REFUSED: A request with a session's cookies and without its CSRF token.
             *
             *     FORBIDDEN: The caller is known and may not do this.
             *
             *     ACTION_CONFIRMATION_REQUIRED: The action needs a confirmation of its own, by the security key.
             *
             *     SECURITY_KEY_REFUSED: The security key, or its answer, is not accepted.
             */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description NOT_FOUND: There is no such thing, or none that the caller may know of. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description REQUEST_TIMEOUT: The request did not arrive in time; the connection ends, since what follows on it cannot be told apart. */
            408: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description IDEMPOTENCY_CONFLICT: The same X-Request-ID asked for something else before. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description PAYLOAD_TOO_LARGE: The body is larger than this endpoint takes. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description UNSUPPORTED_MEDIA_TYPE: The body is not declared as plain JSON, or declares a content encoding. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SIGN_IN_LOCKED: Too many failed sign-ins from this address. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description HEADERS_TOO_LARGE: More or longer header fields than this service reads. */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description INTERNAL_ERROR: A fault of ours. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description SERVICE_UNAVAILABLE: Something this answer depends on cannot be reached: blocked, not guessed.
             *
             *     SERVICE_UNAVAILABLE: Something this answer depends on cannot be reached: blocked, not guessed.
             */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other refusal; `code` says which. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_incident_v1_admin_incidents__incident_id__get: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                incident_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["IncidentOut"];
                };
            };
            /** @description INVALID_REQUEST: The request breaks the schema or the strict JSON rules. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description UNAUTHORIZED: Who calls is unknown or not proven.
             *
             *     ADMIN_TOKEN_REQUIRED: Signed in, and without a live admin token: touch the security key.
             */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description CSRF_TOKEN_REFUSED: A request with a session's cookies and without its CSRF token.
             *
             *     FORBIDDEN: The caller is known and may not do this.
             *
             *     ACTION_CONFIRMATION_REQUIRED: The action needs a confirmation of its own, by the security key.
             *
             *     SECURITY_KEY_REFUSED: The security key, or its answer, is not accepted.
             */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description NOT_FOUND: There is no such thing, or none that the caller may know of. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description OWNER_REFUSED: The service that owns this refused; detail names its code. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SIGN_IN_LOCKED: Too many failed sign-ins from this address. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description HEADERS_TOO_LARGE: More or longer header fields than this service reads. */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description INTERNAL_ERROR: A fault of ours. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description SERVICE_UNAVAILABLE: Something this answer depends on cannot be reached: blocked, not guessed.
             *
             *     SERVICE_UNAVAILABLE: Something this answer depends on cannot be reached: blocked, not guessed.
             */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other refusal; `code` says which. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_affected_v1_admin_incidents__incident_id__affected_get: {
        parameters: {
            query?: {
                cursor?: string;
                limit?: number;
            };
            header?: never;
            path: {
                incident_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AffectedPage"];
                };
            };
            /** @description INVALID_REQUEST: The request breaks the schema or the strict JSON rules. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description UNAUTHORIZED: Who calls is unknown or not proven.
             *
             *     ADMIN_TOKEN_REQUIRED: Signed in, and without a live admin token: touch the security key.
             */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description CSRF_TOKEN_REFUSED: A request with a session's cookies and without its CSRF token.
             *
             *     FORBIDDEN: The caller is known and may not do this.
             *
             *     ACTION_CONFIRMATION_REQUIRED: The action needs a confirmation of its own, by the security key.
             *
             *     SECURITY_KEY_REFUSED: The security key, or its answer, is not accepted.
             */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description NOT_FOUND: There is no such thing, or none that the caller may know of. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description OWNER_REFUSED: The service that owns this refused; detail names its code. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SIGN_IN_LOCKED: Too many failed sign-ins from this address. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description HEADERS_TOO_LARGE: More or longer header fields than this service reads. */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description INTERNAL_ERROR: A fault of ours. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description SERVICE_UNAVAILABLE: Something this answer depends on cannot be reached: blocked, not guessed.
             *
             *     SERVICE_UNAVAILABLE: Something this answer depends on cannot be reached: blocked, not guessed.
             */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other refusal; `code` says which. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    post_affected_v1_admin_incidents__incident_id__affected_post: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                incident_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["AffectedIn"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AffectedOut"];
                };
            };
            /** @description INVALID_REQUEST: The request breaks the schema or the strict JSON rules. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description UNAUTHORIZED: Who calls is unknown or not proven.
             *
             *     ADMIN_TOKEN_REQUIRED: Signed in, and without a live admin token: touch the security key.
             */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description CSRF_TOKEN_REFUSED: A request with a session's cookies and without its CSRF token.
             *
             *     FORBIDDEN: The caller is known and may not do this.
             *
             *     ACTION_CONFIRMATION_REQUIRED: The action needs a confirmation of its own, by the security key.
             *
             *     SECURITY_KEY_REFUSED: The security key, or its answer, is not accepted.
             */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description NOT_FOUND: There is no such thing, or none that the caller may know of. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description REQUEST_TIMEOUT: The request did not arrive in time; the connection ends, since what follows on it cannot be told apart. */
            408: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description IDEMPOTENCY_CONFLICT: The same X-Request-ID asked for something else before.
             *
             *     INCIDENT_CLOSED: The incident is closed; nothing more is recorded of it.
             */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description PAYLOAD_TOO_LARGE: The body is larger than this endpoint takes. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description UNSUPPORTED_MEDIA_TYPE: The body is not declared as plain JSON, or declares a content encoding. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SIGN_IN_LOCKED: Too many failed sign-ins from this address. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description HEADERS_TOO_LARGE: More or longer header fields than this service reads. */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description INTERNAL_ERROR: A fault of ours. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description SERVICE_UNAVAILABLE: Something this answer depends on cannot be reached: blocked, not guessed.
             *
             *     SERVICE_UNAVAILABLE: Something this answer depends on cannot be reached: blocked, not guessed.
             */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other refusal; `code` says which. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    post_change_v1_admin_incidents__incident_id__change_post: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                incident_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ChangeIn"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["IncidentOut"];
                };
            };
            /** @description INVALID_REQUEST: The request breaks the schema or the strict JSON rules. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description UNAUTHORIZED: Who calls is unknown or not proven.
             *
             *     ADMIN_TOKEN_REQUIRED: Signed in, and without a live admin token: touch the security key.
             */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description CSRF_TOKEN_REFUSED: A request with a session's cookies and without its CSRF token.
             *
             *     FORBIDDEN: The caller is known and may not do this.
             *
             *     ACTION_CONFIRMATION_REQUIRED: The action needs a confirmation of its own, by the security key.
             *
             *     SECURITY_KEY_REFUSED: The security key, or its answer, is not accepted.
             */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description NOT_FOUND: There is no such thing, or none that the caller may know of. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description REQUEST_TIMEOUT: The request did not arrive in time; the connection ends, since what follows on it cannot be told apart. */
            408: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description IDEMPOTENCY_CONFLICT: The same X-Request-ID asked for something else before.
             *
             *     INCIDENT_CLOSED: The incident is closed; nothing more is recorded of it.
             */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description PAYLOAD_TOO_LARGE: The body is larger than this endpoint takes. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description UNSUPPORTED_MEDIA_TYPE: The body is not declared as plain JSON, or declares a content encoding. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SIGN_IN_LOCKED: Too many failed sign-ins from this address. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description HEADERS_TOO_LARGE: More or longer header fields than this service reads. */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description INTERNAL_ERROR: A fault of ours. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description SERVICE_UNAVAILABLE: Something this answer depends on cannot be reached: blocked, not guessed.
             *
             *     SERVICE_UNAVAILABLE: Something this answer depends on cannot be reached: blocked, not guessed.
             */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other refusal; `code` says which. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    post_close_v1_admin_incidents__incident_id__close_post: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                incident_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["altscore_admin__incidents__schemas__CloseIn"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["IncidentOut"];
                };
            };
            /** @description INVALID_REQUEST: The request breaks the schema or the strict JSON rules. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description UNAUTHORIZED: Who calls is unknown or not proven.
             *
             *     ADMIN_TOKEN_REQUIRED: Signed in, and without a live admin token: touch the security key.
             */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description CSRF_TOKEN_REFUSED: A request with a session's cookies and without its CSRF token.
             *
             *     FORBIDDEN: The caller is known and may not do this.
             *
             *     ACTION_CONFIRMATION_REQUIRED: The action needs a confirmation of its own, by the security key.
             *
             *     SECURITY_KEY_REFUSED: The security key, or its answer, is not accepted.
             */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description NOT_FOUND: There is no such thing, or none that the caller may know of. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description REQUEST_TIMEOUT: The request did not arrive in time; the connection ends, since what follows on it cannot be told apart. */
            408: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description IDEMPOTENCY_CONFLICT: The same X-Request-ID asked for something else before.
             *
             *     INCIDENT_CLOSED: The incident is closed; nothing more is recorded of it.
             *
             *     STEPS_MISSING: Required steps of the response are not stated; `errors` names them.
             */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description PAYLOAD_TOO_LARGE: The body is larger than this endpoint takes. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description UNSUPPORTED_MEDIA_TYPE: The body is not declared as plain JSON, or declares a content encoding. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SIGN_IN_LOCKED: Too many failed sign-ins from this address. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description HEADERS_TOO_LARGE: More or longer header fields than this service reads. */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description INTERNAL_ERROR: A fault of ours. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description SERVICE_UNAVAILABLE: Something this answer depends on cannot be reached: blocked, not guessed.
             *
             *     SERVICE_UNAVAILABLE: Something this answer depends on cannot be reached: blocked, not guessed.
             */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other refusal; `code` says which. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_notices_v1_admin_incidents__incident_id__notices_get: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                incident_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["NoticesOut"];
                };
            };
            /** @description INVALID_REQUEST: The request breaks the schema or the strict JSON rules. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description UNAUTHORIZED: Who calls is unknown or not proven.
             *
             *     ADMIN_TOKEN_REQUIRED: Signed in, and without a live admin token: touch the security key.
             */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description CSRF_TOKEN_REFUSED: A request with a session's cookies and without its CSRF token.
             *
             *     FORBIDDEN: The caller is known and may not do this.
             *
             *     ACTION_CONFIRMATION_REQUIRED: The action needs a confirmation of its own, by the security key.
             *
             *     SECURITY_KEY_REFUSED: The security key, or its answer, is not accepted.
             */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description NOT_FOUND: There is no such thing, or none that the caller may know of. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description IDEMPOTENCY_CONFLICT: The same X-Request-ID asked for something else before.
             *
             *     INCIDENT_CLOSED: The incident is closed; nothing more is recorded of it.
             */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SIGN_IN_LOCKED: Too many failed sign-ins from this address. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description HEADERS_TOO_LARGE: More or longer header fields than this service reads. */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description INTERNAL_ERROR: A fault of ours. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SERVICE_UNAVAILABLE: Something this answer depends on cannot be reached: blocked, not guessed. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other refusal; `code` says which. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    post_notice_v1_admin_incidents__incident_id__notices_post: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                incident_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["NoticeIn"];
            };
        };
        responses: {
            /** @description Successful Response */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["NoticeOut"];
                };
            };
            /** @description INVALID_REQUEST: The request breaks the schema or the strict JSON rules. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description UNAUTHORIZED: Who calls is unknown or not proven.
             *
             *     ADMIN_TOKEN_REQUIRED: Signed in, and without a live admin token: touch the security key.
             */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description CSRF_TOKEN_REFUSED: A request with a session's cookies and without its CSRF token.
             *
             *     FORBIDDEN: The caller is known and may not do this.
             *
             *     ACTION_CONFIRMATION_REQUIRED: The action needs a confirmation of its own, by the security key.
             *
             *     SECURITY_KEY_REFUSED: The security key, or its answer, is not accepted.
             */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description NOT_FOUND: There is no such thing, or none that the caller may know of. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description REQUEST_TIMEOUT: The request did not arrive in time; the connection ends, since what follows on it cannot be told apart. */
            408: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description IDEMPOTENCY_CONFLICT: The same X-Request-ID asked for something else before.
             *
             *     INCIDENT_CLOSED: The incident is closed; nothing more is recorded of it.
             */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description PAYLOAD_TOO_LARGE: The body is larger than this endpoint takes. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description UNSUPPORTED_MEDIA_TYPE: The body is not declared as plain JSON, or declares a content encoding. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SIGN_IN_LOCKED: Too many failed sign-ins from this address. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description HEADERS_TOO_LARGE: More or longer header fields than this service reads. */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description INTERNAL_ERROR: A fault of ours. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SERVICE_UNAVAILABLE: Something this answer depends on cannot be reached: blocked, not guessed. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other refusal; `code` says which. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_document_v1_admin_incidents__incident_id__notices__notice_id__document_get: {
        parameters: {
            query?: {
                format?: "json" | "pdf";
                recipient?: string | null;
            };
            header?: never;
            path: {
                incident_id: string;
                notice_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": unknown;
                    "application/pdf": unknown;
                };
            };
            /** @description INVALID_REQUEST: The request breaks the schema or the strict JSON rules. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description UNAUTHORIZED: Who calls is unknown or not proven.
             *
             *     ADMIN_TOKEN_REQUIRED: Signed in, and without a live admin token: touch the security key.
             */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description CSRF_TOKEN_REFUSED: A request with a session's cookies and without its CSRF token.
             *
             *     FORBIDDEN: The caller is known and may not do this.
             *
             *     ACTION_CONFIRMATION_REQUIRED: The action needs a confirmation of its own, by the security key.
             *
             *     SECURITY_KEY_REFUSED: The security key, or its answer, is not accepted.
             */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description NOT_FOUND: There is no such thing, or none that the caller may know of. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description IDEMPOTENCY_CONFLICT: The same X-Request-ID asked for something else before.
             *
             *     INCIDENT_CLOSED: The incident is closed; nothing more is recorded of it.
             */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SIGN_IN_LOCKED: Too many failed sign-ins from this address. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description HEADERS_TOO_LARGE: More or longer header fields than this service reads. */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description INTERNAL_ERROR: A fault of ours. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description REPORT_NOT_DRAWN: The report has no PDF, since this process could not draw it; the JSON holds the same figures. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other refusal; `code` says which. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    post_step_v1_admin_incidents__incident_id__steps_post: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                incident_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["StepIn"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["IncidentOut"];
                };
            };
            /** @description INVALID_REQUEST: The request breaks the schema or the strict JSON rules. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description UNAUTHORIZED: Who calls is unknown or not proven.
             *
             *     ADMIN_TOKEN_REQUIRED: Signed in, and without a live admin token: touch the security key.
             */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description CSRF_TOKEN_REFUSED: A request with a session's cookies and without its CSRF token.
             *
             *     FORBIDDEN: The caller is known and may not do this.
             *
             *     ACTION_CONFIRMATION_REQUIRED: The action needs a confirmation of its own, by the security key.
             *
             *     SECURITY_KEY_REFUSED: The security key, or its answer, is not accepted.
             */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description NOT_FOUND: There is no such thing, or none that the caller may know of. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description REQUEST_TIMEOUT: The request did not arrive in time; the connection ends, since what follows on it cannot be told apart. */
            408: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description IDEMPOTENCY_CONFLICT: The same X-Request-ID asked for something else before.
             *
             *     INCIDENT_CLOSED: The incident is closed; nothing more is recorded of it.
             */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description PAYLOAD_TOO_LARGE: The body is larger than this endpoint takes. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description UNSUPPORTED_MEDIA_TYPE: The body is not declared as plain JSON, or declares a content encoding. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SIGN_IN_LOCKED: Too many failed sign-ins from this address. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description HEADERS_TOO_LARGE: More or longer header fields than this service reads. */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description INTERNAL_ERROR: A fault of ours. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description SERVICE_UNAVAILABLE: Something this answer depends on cannot be reached: blocked, not guessed.
             *
             *     SERVICE_UNAVAILABLE: Something this answer depends on cannot be reached: blocked, not guessed.
             */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other refusal; `code` says which. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    post_switch_v1_admin_incidents__incident_id__switches_post: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                incident_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["altscore_admin__incidents__schemas__SwitchIn"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["altscore_admin__incidents__schemas__SwitchOut"];
                };
            };
            /** @description Something is still on; `failed` names it */
            207: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["altscore_admin__incidents__schemas__SwitchOut"];
                };
            };
            /** @description INVALID_REQUEST: The request breaks the schema or the strict JSON rules. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description UNAUTHORIZED: Who calls is unknown or not proven.
             *
             *     ADMIN_TOKEN_REQUIRED: Signed in, and without a live admin token: touch the security key.
             */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description CSRF_TOKEN_REFUSED: A request with a session's cookies and without its CSRF token.
             *
             *     FORBIDDEN: The caller is known and may not do this.
             *
             *     ACTION_CONFIRMATION_REQUIRED: The action needs a confirmation of its own, by the security key.
             *
             *     SECURITY_KEY_REFUSED: The security key, or its answer, is not accepted.
             */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description NOT_FOUND: There is no such thing, or none that the caller may know of. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description REQUEST_TIMEOUT: The request did not arrive in time; the connection ends, since what follows on it cannot be told apart. */
            408: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description IDEMPOTENCY_CONFLICT: The same X-Request-ID asked for something else before.
             *
             *     INCIDENT_CLOSED: The incident is closed; nothing more is recorded of it.
             */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description PAYLOAD_TOO_LARGE: The body is larger than this endpoint takes. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description UNSUPPORTED_MEDIA_TYPE: The body is not declared as plain JSON, or declares a content encoding. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SIGN_IN_LOCKED: Too many failed sign-ins from this address. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description HEADERS_TOO_LARGE: More or longer header fields than this service reads. */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description INTERNAL_ERROR: A fault of ours. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description SERVICE_UNAVAILABLE: Something this answer depends on cannot be reached: blocked, not guessed.
             *
             *     SERVICE_UNAVAILABLE: Something this answer depends on cannot be reached: blocked, not guessed.
             */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other refusal; `code` says which. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_timeline_v1_admin_incidents__incident_id__timeline_get: {
        parameters: {
            query?: {
                format?: "json" | "csv";
            };
            header?: never;
            path: {
                incident_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TimelineOut"];
                    "text/csv": unknown;
                };
            };
            /** @description INVALID_REQUEST: The request breaks the schema or the strict JSON rules. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description UNAUTHORIZED: Who calls is unknown or not proven.
             *
             *     ADMIN_TOKEN_REQUIRED: Signed in, and without a live admin token: touch the security key.
             */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description CSRF_TOKEN_REFUSED: A request with a session's cookies and without its CSRF token.
             *
             *     FORBIDDEN: The caller is known and may not do this.
             *
             *     ACTION_CONFIRMATION_REQUIRED: The action needs a confirmation of its own, by the security key.
             *
             *     SECURITY_KEY_REFUSED: The security key, or its answer, is not accepted.
             */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description NOT_FOUND: There is no such thing, or none that the caller may know of. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description OWNER_REFUSED: The service that owns this refused; detail names its code. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SIGN_IN_LOCKED: Too many failed sign-ins from this address. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description HEADERS_TOO_LARGE: More or longer header fields than this service reads. */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description INTERNAL_ERROR: A fault of ours. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description SERVICE_UNAVAILABLE: Something this answer depends on cannot be reached: blocked, not guessed.
             *
             *     SERVICE_UNAVAILABLE: Something this answer depends on cannot be reached: blocked, not guessed.
             */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other refusal; `code` says which. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    post_lender_v1_admin_lenders_post: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["LenderIn"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LenderOut"];
                };
            };
            /** @description Onboarded; the only time that secrets are shown */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["LenderOut"];
                };
            };
            /** @description INVALID_REQUEST: The request breaks the schema or the strict JSON rules. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description UNAUTHORIZED: Who calls is unknown or not proven.
             *
             *     ADMIN_TOKEN_REQUIRED: Signed in, and without a live admin token: touch the security key.
             */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description CSRF_TOKEN_REFUSED: A request with a session's cookies and without its CSRF token.
             *
             *     FORBIDDEN: The caller is known and may not do this.
             *
             *     ACTION_CONFIRMATION_REQUIRED: The action needs a confirmation of its own, by the security key.
             *
             *     SECURITY_KEY_REFUSED: The security key, or its answer, is not accepted.
             */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description NOT_FOUND: There is no such thing, or none that the caller may know of. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description REQUEST_TIMEOUT: The request did not arrive in time; the connection ends, since what follows on it cannot be told apart. */
            408: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description OWNER_REFUSED: The service that owns this refused; detail names its code. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description PAYLOAD_TOO_LARGE: The body is larger than this endpoint takes. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description UNSUPPORTED_MEDIA_TYPE: The body is not declared as plain JSON, or declares a content encoding. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SIGN_IN_LOCKED: Too many failed sign-ins from this address. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description HEADERS_TOO_LARGE: More or longer header fields than this service reads. */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description INTERNAL_ERROR: A fault of ours. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description SERVICE_UNAVAILABLE: Something this answer depends on cannot be reached: blocked, not guessed.
             *
             *     SERVICE_UNAVAILABLE: Something this answer depends on cannot be reached: blocked, not guessed.
             */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other refusal; `code` says which. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_provider_v1_admin_lenders__lender_id__identity_provider_get: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                lender_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProviderOut"];
                };
            };
            /** @description INVALID_REQUEST: The request breaks the schema or the strict JSON rules. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description UNAUTHORIZED: Who calls is unknown or not proven.
             *
             *     ADMIN_TOKEN_REQUIRED: Signed in, and without a live admin token: touch the security key.
             */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description CSRF_TOKEN_REFUSED: A request with a session's cookies and without its CSRF token.
             *
             *     FORBIDDEN: The caller is known and may not do this.
             *
             *     ACTION_CONFIRMATION_REQUIRED: The action needs a confirmation of its own, by the security key.
             *
             *     SECURITY_KEY_REFUSED: The security key, or its answer, is not accepted.
             */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description NOT_FOUND: There is no such thing, or none that the caller may know of. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description OWNER_REFUSED: The service that owns this refused; detail names its code. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SIGN_IN_LOCKED: Too many failed sign-ins from this address. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description HEADERS_TOO_LARGE: More or longer header fields than this service reads. */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description INTERNAL_ERROR: A fault of ours. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description SERVICE_UNAVAILABLE: Something this answer depends on cannot be reached: blocked, not guessed.
             *
             *     SERVICE_UNAVAILABLE: Something this answer depends on cannot be reached: blocked, not guessed.
             */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other refusal; `code` says which. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    post_provider_v1_admin_lenders__lender_id__identity_provider_post: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                lender_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ProviderIn"];
            };
        };
        responses: {
            /** @description Successful Response */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RequestedOut"];
                };
            };
            /** @description INVALID_REQUEST: The request breaks the schema or the strict JSON rules. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description UNAUTHORIZED: Who calls is unknown or not proven.
             *
             *     ADMIN_TOKEN_REQUIRED: Signed in, and without a live admin token: touch the security key.
             */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description CSRF_TOKEN_REFUSED: A request with a session's cookies and without its CSRF token.
             *
             *     FORBIDDEN: The caller is known and may not do this.
             *
             *     ACTION_CONFIRMATION_REQUIRED: The action needs a confirmation of its own, by the security key.
             *
             *     SECURITY_KEY_REFUSED: The security key, or its answer, is not accepted.
             */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description NOT_FOUND: There is no such thing, or none that the caller may know of. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description REQUEST_TIMEOUT: The request did not arrive in time; the connection ends, since what follows on it cannot be told apart. */
            408: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description APPROVAL_CONFLICT: Another request about the same is open, or this one was changed or has ended since it was shown. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description PAYLOAD_TOO_LARGE: The body is larger than this endpoint takes. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description UNSUPPORTED_MEDIA_TYPE: The body is not declared as plain JSON, or declares a content encoding. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SIGN_IN_LOCKED: Too many failed sign-ins from this address. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description HEADERS_TOO_LARGE: More or longer header fields than this service reads. */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description INTERNAL_ERROR: A fault of ours. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description SERVICE_UNAVAILABLE: Something this answer depends on cannot be reached: blocked, not guessed.
             *
             *     SERVICE_UNAVAILABLE: Something this answer depends on cannot be reached: blocked, not guessed.
             */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other refusal; `code` says which. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    post_saml_provider_v1_admin_lenders__lender_id__identity_provider_saml_post: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                lender_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SamlProviderIn"];
            };
        };
        responses: {
            /** @description Successful Response */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RequestedOut"];
                };
            };
            /** @description INVALID_REQUEST: The request breaks the schema or the strict JSON rules. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description UNAUTHORIZED: Who calls is unknown or not proven.
             *
             *     ADMIN_TOKEN_REQUIRED: Signed in, and without a live admin token: touch the security key.
             */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description CSRF_TOKEN_REFUSED: A request with a session's cookies and without its CSRF token.
             *
             *     FORBIDDEN: The caller is known and may not do this.
             *
             *     ACTION_CONFIRMATION_REQUIRED: The action needs a confirmation of its own, by the security key.
             *
             *     SECURITY_KEY_REFUSED: The security key, or its answer, is not accepted.
             */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description NOT_FOUND: There is no such thing, or none that the caller may know of. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description REQUEST_TIMEOUT: The request did not arrive in time; the connection ends, since what follows on it cannot be told apart. */
            408: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description APPROVAL_CONFLICT: Another request about the same is open, or this one was changed or has ended since it was shown. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description PAYLOAD_TOO_LARGE: The body is larger than this endpoint takes. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description UNSUPPORTED_MEDIA_TYPE: The body is not declared as plain JSON, or declares a content encoding. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SIGN_IN_LOCKED: Too many failed sign-ins from this address. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description HEADERS_TOO_LARGE: More or longer header fields than this service reads. */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description INTERNAL_ERROR: A fault of ours. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description SERVICE_UNAVAILABLE: Something this answer depends on cannot be reached: blocked, not guessed.
             *
             *     SERVICE_UNAVAILABLE: Something this answer depends on cannot be reached: blocked, not guessed.
             */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other refusal; `code` says which. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_officers_v1_admin_lenders__lender_id__people_get: {
        parameters: {
            query?: {
                /** @description `next_cursor` of the page before. */
                cursor?: string | null;
                limit?: number;
            };
            header?: never;
            path: {
                lender_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PeopleOut"];
                };
            };
            /** @description INVALID_REQUEST: The request breaks the schema or the strict JSON rules. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description UNAUTHORIZED: Who calls is unknown or not proven.
             *
             *     ADMIN_TOKEN_REQUIRED: Signed in, and without a live admin token: touch the security key.
             */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description CSRF_TOKEN_REFUSED: A request with a session's cookies and without its CSRF token.
             *
             *     FORBIDDEN: The caller is known and may not do this.
             *
             *     ACTION_CONFIRMATION_REQUIRED: The action needs a confirmation of its own, by the security key.
             *
             *     SECURITY_KEY_REFUSED: The security key, or its answer, is not accepted.
             */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description NOT_FOUND: There is no such thing, or none that the caller may know of. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description OWNER_REFUSED: The service that owns this refused; detail names its code. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SIGN_IN_LOCKED: Too many failed sign-ins from this address. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description HEADERS_TOO_LARGE: More or longer header fields than this service reads. */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description INTERNAL_ERROR: A fault of ours. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description SERVICE_UNAVAILABLE: Something this answer depends on cannot be reached: blocked, not guessed.
             *
             *     SERVICE_UNAVAILABLE: Something this answer depends on cannot be reached: blocked, not guessed.
             */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other refusal; `code` says which. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    post_officer_v1_admin_lenders__lender_id__people_post: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                lender_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["OfficerIn"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["EnrolledOut"];
                };
            };
            /** @description Enrolled for the first time */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["EnrolledOut"];
                };
            };
            /** @description INVALID_REQUEST: The request breaks the schema or the strict JSON rules. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description UNAUTHORIZED: Who calls is unknown or not proven.
             *
             *     ADMIN_TOKEN_REQUIRED: Signed in, and without a live admin token: touch the security key.
             */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description CSRF_TOKEN_REFUSED: A request with a session's cookies and without its CSRF token.
             *
             *     FORBIDDEN: The caller is known and may not do this.
             *
             *     ACTION_CONFIRMATION_REQUIRED: The action needs a confirmation of its own, by the security key.
             *
             *     SECURITY_KEY_REFUSED: The security key, or its answer, is not accepted.
             */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description NOT_FOUND: There is no such thing, or none that the caller may know of. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description REQUEST_TIMEOUT: The request did not arrive in time; the connection ends, since what follows on it cannot be told apart. */
            408: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description OWNER_REFUSED: The service that owns this refused; detail names its code. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description PAYLOAD_TOO_LARGE: The body is larger than this endpoint takes. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description UNSUPPORTED_MEDIA_TYPE: The body is not declared as plain JSON, or declares a content encoding. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SIGN_IN_LOCKED: Too many failed sign-ins from this address. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description HEADERS_TOO_LARGE: More or longer header fields than this service reads. */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description INTERNAL_ERROR: A fault of ours. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description SERVICE_UNAVAILABLE: Something this answer depends on cannot be reached: blocked, not guessed.
             *
             *     SERVICE_UNAVAILABLE: Something this answer depends on cannot be reached: blocked, not guessed.
             */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other refusal; `code` says which. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    post_end_sessions_v1_admin_lenders__lender_id__people_end_sessions_post: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                lender_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["altscore_admin__portal_people__schemas__SessionsEndedOut"];
                };
            };
            /** @description INVALID_REQUEST: The request breaks the schema or the strict JSON rules. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description UNAUTHORIZED: Who calls is unknown or not proven.
             *
             *     ADMIN_TOKEN_REQUIRED: Signed in, and without a live admin token: touch the security key.
             */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description CSRF_TOKEN_REFUSED: A request with a session's cookies and without its CSRF token.
             *
             *     FORBIDDEN: The caller is known and may not do this.
             *
             *     ACTION_CONFIRMATION_REQUIRED: The action needs a confirmation of its own, by the security key.
             *
             *     SECURITY_KEY_REFUSED: The security key, or its answer, is not accepted.
             */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description NOT_FOUND: There is no such thing, or none that the caller may know of. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description OWNER_REFUSED: The service that owns this refused; detail names its code. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SIGN_IN_LOCKED: Too many failed sign-ins from this address. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description HEADERS_TOO_LARGE: More or longer header fields than this service reads. */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description INTERNAL_ERROR: A fault of ours. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description SERVICE_UNAVAILABLE: Something this answer depends on cannot be reached: blocked, not guessed.
             *
             *     SERVICE_UNAVAILABLE: Something this answer depends on cannot be reached: blocked, not guessed.
             */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other refusal; `code` says which. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    post_end_officers_sessions_v1_admin_lenders__lender_id__people__person_id__end_sessions_post: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                person_id: string;
                lender_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["altscore_admin__portal_people__schemas__SessionsEndedOut"];
                };
            };
            /** @description INVALID_REQUEST: The request breaks the schema or the strict JSON rules. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description UNAUTHORIZED: Who calls is unknown or not proven.
             *
             *     ADMIN_TOKEN_REQUIRED: Signed in, and without a live admin token: touch the security key.
             */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description CSRF_TOKEN_REFUSED: A request with a session's cookies and without its CSRF token.
             *
             *     FORBIDDEN: The caller is known and may not do this.
             *
             *     ACTION_CONFIRMATION_REQUIRED: The action needs a confirmation of its own, by the security key.
             *
             *     SECURITY_KEY_REFUSED: The security key, or its answer, is not accepted.
             */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description NOT_FOUND: There is no such thing, or none that the caller may know of. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description OWNER_REFUSED: The service that owns this refused; detail names its code. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SIGN_IN_LOCKED: Too many failed sign-ins from this address. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description HEADERS_TOO_LARGE: More or longer header fields than this service reads. */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description INTERNAL_ERROR: A fault of ours. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description SERVICE_UNAVAILABLE: Something this answer depends on cannot be reached: blocked, not guessed.
             *
             *     SERVICE_UNAVAILABLE: Something this answer depends on cannot be reached: blocked, not guessed.
             */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other refusal; `code` says which. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    post_reactivate_officer_v1_admin_lenders__lender_id__people__person_id__reactivate_post: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                person_id: string;
                lender_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PortalAccessOut"];
                };
            };
            /** @description INVALID_REQUEST: The request breaks the schema or the strict JSON rules. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description UNAUTHORIZED: Who calls is unknown or not proven.
             *
             *     ADMIN_TOKEN_REQUIRED: Signed in, and without a live admin token: touch the security key.
             */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description CSRF_TOKEN_REFUSED: A request with a session's cookies and without its CSRF token.
             *
             *     FORBIDDEN: The caller is known and may not do this.
             *
             *     ACTION_CONFIRMATION_REQUIRED: The action needs a confirmation of its own, by the security key.
             *
             *     SECURITY_KEY_REFUSED: The security key, or its answer, is not accepted.
             */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description NOT_FOUND: There is no such thing, or none that the caller may know of. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description OWNER_REFUSED: The service that owns this refused; detail names its code. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SIGN_IN_LOCKED: Too many failed sign-ins from this address. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description HEADERS_TOO_LARGE: More or longer header fields than this service reads. */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description INTERNAL_ERROR: A fault of ours. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description SERVICE_UNAVAILABLE: Something this answer depends on cannot be reached: blocked, not guessed.
             *
             *     SERVICE_UNAVAILABLE: Something this answer depends on cannot be reached: blocked, not guessed.
             */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other refusal; `code` says which. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    post_remove_officer_v1_admin_lenders__lender_id__people__person_id__remove_post: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                person_id: string;
                lender_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["altscore_admin__portal_people__schemas__SessionsEndedOut"];
                };
            };
            /** @description INVALID_REQUEST: The request breaks the schema or the strict JSON rules. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description UNAUTHORIZED: Who calls is unknown or not proven.
             *
             *     ADMIN_TOKEN_REQUIRED: Signed in, and without a live admin token: touch the security key.
             */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description CSRF_TOKEN_REFUSED: A request with a session's cookies and without its CSRF token.
             *
             *     FORBIDDEN: The caller is known and may not do this.
             *
             *     ACTION_CONFIRMATION_REQUIRED: The action needs a confirmation of its own, by the security key.
             *
             *     SECURITY_KEY_REFUSED: The security key, or its answer, is not accepted.
             */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description NOT_FOUND: There is no such thing, or none that the caller may know of. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description OWNER_REFUSED: The service that owns this refused; detail names its code. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SIGN_IN_LOCKED: Too many failed sign-ins from this address. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description HEADERS_TOO_LARGE: More or longer header fields than this service reads. */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description INTERNAL_ERROR: A fault of ours. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description SERVICE_UNAVAILABLE: Something this answer depends on cannot be reached: blocked, not guessed.
             *
             *     SERVICE_UNAVAILABLE: Something this answer depends on cannot be reached: blocked, not guessed.
             */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other refusal; `code` says which. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    post_suspend_officer_v1_admin_lenders__lender_id__people__person_id__suspend_post: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                person_id: string;
                lender_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PortalAccessOut"];
                };
            };
            /** @description INVALID_REQUEST: The request breaks the schema or the strict JSON rules. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description UNAUTHORIZED: Who calls is unknown or not proven.
             *
             *     ADMIN_TOKEN_REQUIRED: Signed in, and without a live admin token: touch the security key.
             */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description CSRF_TOKEN_REFUSED: A request with a session's cookies and without its CSRF token.
             *
             *     FORBIDDEN: The caller is known and may not do this.
             *
             *     ACTION_CONFIRMATION_REQUIRED: The action needs a confirmation of its own, by the security key.
             *
             *     SECURITY_KEY_REFUSED: The security key, or its answer, is not accepted.
             */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description NOT_FOUND: There is no such thing, or none that the caller may know of. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description OWNER_REFUSED: The service that owns this refused; detail names its code. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SIGN_IN_LOCKED: Too many failed sign-ins from this address. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description HEADERS_TOO_LARGE: More or longer header fields than this service reads. */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description INTERNAL_ERROR: A fault of ours. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description SERVICE_UNAVAILABLE: Something this answer depends on cannot be reached: blocked, not guessed.
             *
             *     SERVICE_UNAVAILABLE: Something this answer depends on cannot be reached: blocked, not guessed.
             */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other refusal; `code` says which. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    post_reactivate_v1_admin_lenders__lender_id__reactivate_post: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Live or test credentials. */
                lender_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["AccessIn"];
            };
        };
        responses: {
            /** @description Successful Response */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RequestedOut"];
                };
            };
            /** @description INVALID_REQUEST: The request breaks the schema or the strict JSON rules. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description UNAUTHORIZED: Who calls is unknown or not proven.
             *
             *     ADMIN_TOKEN_REQUIRED: Signed in, and without a live admin token: touch the security key.
             */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description CSRF_TOKEN_REFUSED: A request with a session's cookies and without its CSRF token.
             *
             *     FORBIDDEN: The caller is known and may not do this.
             *
             *     ACTION_CONFIRMATION_REQUIRED: The action needs a confirmation of its own, by the security key.
             *
             *     SECURITY_KEY_REFUSED: The security key, or its answer, is not accepted.
             */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description NOT_FOUND: There is no such thing, or none that the caller may know of. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description REQUEST_TIMEOUT: The request did not arrive in time; the connection ends, since what follows on it cannot be told apart. */
            408: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description APPROVAL_CONFLICT: Another request about the same is open, or this one was changed or has ended since it was shown. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description PAYLOAD_TOO_LARGE: The body is larger than this endpoint takes. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description UNSUPPORTED_MEDIA_TYPE: The body is not declared as plain JSON, or declares a content encoding. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SIGN_IN_LOCKED: Too many failed sign-ins from this address. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description HEADERS_TOO_LARGE: More or longer header fields than this service reads. */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description INTERNAL_ERROR: A fault of ours. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description SERVICE_UNAVAILABLE: Something this answer depends on cannot be reached: blocked, not guessed.
             *
             *     SERVICE_UNAVAILABLE: Something this answer depends on cannot be reached: blocked, not guessed.
             */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other refusal; `code` says which. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    post_revoke_tokens_v1_admin_lenders__lender_id__revoke_tokens_post: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Live or test credentials. */
                lender_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RevokeIn"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AccessOut"];
                };
            };
            /** @description INVALID_REQUEST: The request breaks the schema or the strict JSON rules. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description UNAUTHORIZED: Who calls is unknown or not proven.
             *
             *     ADMIN_TOKEN_REQUIRED: Signed in, and without a live admin token: touch the security key.
             */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description CSRF_TOKEN_REFUSED: A request with a session's cookies and without its CSRF token.
             *
             *     FORBIDDEN: The caller is known and may not do this.
             *
             *     ACTION_CONFIRMATION_REQUIRED: The action needs a confirmation of its own, by the security key.
             *
             *     SECURITY_KEY_REFUSED: The security key, or its answer, is not accepted.
             */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description NOT_FOUND: There is no such thing, or none that the caller may know of. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description REQUEST_TIMEOUT: The request did not arrive in time; the connection ends, since what follows on it cannot be told apart. */
            408: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description OWNER_REFUSED: The service that owns this refused; detail names its code. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description PAYLOAD_TOO_LARGE: The body is larger than this endpoint takes. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description UNSUPPORTED_MEDIA_TYPE: The body is not declared as plain JSON, or declares a content encoding. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SIGN_IN_LOCKED: Too many failed sign-ins from this address. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description HEADERS_TOO_LARGE: More or longer header fields than this service reads. */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description INTERNAL_ERROR: A fault of ours. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description SERVICE_UNAVAILABLE: Something this answer depends on cannot be reached: blocked, not guessed.
             *
             *     SERVICE_UNAVAILABLE: Something this answer depends on cannot be reached: blocked, not guessed.
             */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other refusal; `code` says which. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    post_rotate_secret_v1_admin_lenders__lender_id__rotate_secret_post: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Live or test credentials. */
                lender_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RotateIn"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AccessOut"];
                };
            };
            /** @description Rotated; the only time that the secret is shown */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AccessOut"];
                };
            };
            /** @description INVALID_REQUEST: The request breaks the schema or the strict JSON rules. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description UNAUTHORIZED: Who calls is unknown or not proven.
             *
             *     ADMIN_TOKEN_REQUIRED: Signed in, and without a live admin token: touch the security key.
             */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description CSRF_TOKEN_REFUSED: A request with a session's cookies and without its CSRF token.
             *
             *     FORBIDDEN: The caller is known and may not do this.
             *
             *     ACTION_CONFIRMATION_REQUIRED: The action needs a confirmation of its own, by the security key.
             *
             *     SECURITY_KEY_REFUSED: The security key, or its answer, is not accepted.
             */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description NOT_FOUND: There is no such thing, or none that the caller may know of. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description REQUEST_TIMEOUT: The request did not arrive in time; the connection ends, since what follows on it cannot be told apart. */
            408: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description OWNER_REFUSED: The service that owns this refused; detail names its code. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description PAYLOAD_TOO_LARGE: The body is larger than this endpoint takes. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description UNSUPPORTED_MEDIA_TYPE: The body is not declared as plain JSON, or declares a content encoding. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SIGN_IN_LOCKED: Too many failed sign-ins from this address. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description HEADERS_TOO_LARGE: More or longer header fields than this service reads. */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description INTERNAL_ERROR: A fault of ours. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description SERVICE_UNAVAILABLE: Something this answer depends on cannot be reached: blocked, not guessed.
             *
             *     SERVICE_UNAVAILABLE: Something this answer depends on cannot be reached: blocked, not guessed.
             */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other refusal; `code` says which. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    post_suspend_v1_admin_lenders__lender_id__suspend_post: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /** @description Live or test credentials. */
                lender_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["AccessIn"];
            };
        };
        responses: {
            /** @description Successful Response */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RequestedOut"];
                };
            };
            /** @description INVALID_REQUEST: The request breaks the schema or the strict JSON rules. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description UNAUTHORIZED: Who calls is unknown or not proven.
             *
             *     ADMIN_TOKEN_REQUIRED: Signed in, and without a live admin token: touch the security key.
             */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description CSRF_TOKEN_REFUSED: A request with a session's cookies and without its CSRF token.
             *
             *     FORBIDDEN: The caller is known and may not do this.
             *
             *     ACTION_CONFIRMATION_REQUIRED: The action needs a confirmation of its own, by the security key.
             *
             *     SECURITY_KEY_REFUSED: The security key, or its answer, is not accepted.
             */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description NOT_FOUND: There is no such thing, or none that the caller may know of. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description REQUEST_TIMEOUT: The request did not arrive in time; the connection ends, since what follows on it cannot be told apart. */
            408: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description APPROVAL_CONFLICT: Another request about the same is open, or this one was changed or has ended since it was shown. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description PAYLOAD_TOO_LARGE: The body is larger than this endpoint takes. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description UNSUPPORTED_MEDIA_TYPE: The body is not declared as plain JSON, or declares a content encoding. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SIGN_IN_LOCKED: Too many failed sign-ins from this address. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description HEADERS_TOO_LARGE: More or longer header fields than this service reads. */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description INTERNAL_ERROR: A fault of ours. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description SERVICE_UNAVAILABLE: Something this answer depends on cannot be reached: blocked, not guessed.
             *
             *     SERVICE_UNAVAILABLE: Something this answer depends on cannot be reached: blocked, not guessed.
             */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other refusal; `code` says which. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    post_challenger_v1_admin_models_challenger_post: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PromoteIn"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DecisionOut"];
                };
            };
            /** @description INVALID_REQUEST: The request breaks the schema or the strict JSON rules. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description UNAUTHORIZED: Who calls is unknown or not proven.
             *
             *     ADMIN_TOKEN_REQUIRED: Signed in, and without a live admin token: touch the security key.
             */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description CSRF_TOKEN_REFUSED: A request with a session's cookies and without its CSRF token.
             *
             *     FORBIDDEN: The caller is known and may not do this.
             *
             *     ACTION_CONFIRMATION_REQUIRED: The action needs a confirmation of its own, by the security key.
             *
             *     SECURITY_KEY_REFUSED: The security key, or its answer, is not accepted.
             */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description REQUEST_TIMEOUT: The request did not arrive in time; the connection ends, since what follows on it cannot be told apart. */
            408: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description MODEL_GATE_MISSED: The evaluation misses a threshold; `errors` names which.
             *
             *     SECOND_OPERATOR_REQUIRED: The second approval must come from another person.
             *
             *     PROMOTION_CONFLICT: Another proposal for this model is open, or states something else.
             */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description PAYLOAD_TOO_LARGE: The body is larger than this endpoint takes. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description UNSUPPORTED_MEDIA_TYPE: The body is not declared as plain JSON, or declares a content encoding. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SIGN_IN_LOCKED: Too many failed sign-ins from this address. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description HEADERS_TOO_LARGE: More or longer header fields than this service reads. */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description INTERNAL_ERROR: A fault of ours. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SERVICE_UNAVAILABLE: Something this answer depends on cannot be reached: blocked, not guessed. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other refusal; `code` says which. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    post_withdraw_v1_admin_models_challenger_withdraw_post: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["WithdrawIn"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DecisionOut"];
                };
            };
            /** @description INVALID_REQUEST: The request breaks the schema or the strict JSON rules. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description UNAUTHORIZED: Who calls is unknown or not proven.
             *
             *     ADMIN_TOKEN_REQUIRED: Signed in, and without a live admin token: touch the security key.
             */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description CSRF_TOKEN_REFUSED: A request with a session's cookies and without its CSRF token.
             *
             *     FORBIDDEN: The caller is known and may not do this.
             *
             *     ACTION_CONFIRMATION_REQUIRED: The action needs a confirmation of its own, by the security key.
             *
             *     SECURITY_KEY_REFUSED: The security key, or its answer, is not accepted.
             */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description REQUEST_TIMEOUT: The request did not arrive in time; the connection ends, since what follows on it cannot be told apart. */
            408: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description SECOND_OPERATOR_REQUIRED: The second approval must come from another person.
             *
             *     PROMOTION_CONFLICT: Another proposal for this model is open, or states something else.
             */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description PAYLOAD_TOO_LARGE: The body is larger than this endpoint takes. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description UNSUPPORTED_MEDIA_TYPE: The body is not declared as plain JSON, or declares a content encoding. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SIGN_IN_LOCKED: Too many failed sign-ins from this address. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description HEADERS_TOO_LARGE: More or longer header fields than this service reads. */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description INTERNAL_ERROR: A fault of ours. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SERVICE_UNAVAILABLE: Something this answer depends on cannot be reached: blocked, not guessed. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other refusal; `code` says which. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    post_freeze_v1_admin_models_freeze_post: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["FreezeIn"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DecisionOut"];
                };
            };
            /** @description INVALID_REQUEST: The request breaks the schema or the strict JSON rules. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description UNAUTHORIZED: Who calls is unknown or not proven.
             *
             *     ADMIN_TOKEN_REQUIRED: Signed in, and without a live admin token: touch the security key.
             */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description CSRF_TOKEN_REFUSED: A request with a session's cookies and without its CSRF token.
             *
             *     FORBIDDEN: The caller is known and may not do this.
             *
             *     ACTION_CONFIRMATION_REQUIRED: The action needs a confirmation of its own, by the security key.
             *
             *     SECURITY_KEY_REFUSED: The security key, or its answer, is not accepted.
             */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description REQUEST_TIMEOUT: The request did not arrive in time; the connection ends, since what follows on it cannot be told apart. */
            408: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description SECOND_OPERATOR_REQUIRED: The second approval must come from another person.
             *
             *     PROMOTION_CONFLICT: Another proposal for this model is open, or states something else.
             */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description PAYLOAD_TOO_LARGE: The body is larger than this endpoint takes. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description UNSUPPORTED_MEDIA_TYPE: The body is not declared as plain JSON, or declares a content encoding. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SIGN_IN_LOCKED: Too many failed sign-ins from this address. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description HEADERS_TOO_LARGE: More or longer header fields than this service reads. */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description INTERNAL_ERROR: A fault of ours. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SERVICE_UNAVAILABLE: Something this answer depends on cannot be reached: blocked, not guessed. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other refusal; `code` says which. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    post_promote_v1_admin_models_promote_post: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PromoteIn"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PromotionOut"];
                };
            };
            /** @description INVALID_REQUEST: The request breaks the schema or the strict JSON rules. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description UNAUTHORIZED: Who calls is unknown or not proven.
             *
             *     ADMIN_TOKEN_REQUIRED: Signed in, and without a live admin token: touch the security key.
             */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description CSRF_TOKEN_REFUSED: A request with a session's cookies and without its CSRF token.
             *
             *     FORBIDDEN: The caller is known and may not do this.
             *
             *     ACTION_CONFIRMATION_REQUIRED: The action needs a confirmation of its own, by the security key.
             *
             *     SECURITY_KEY_REFUSED: The security key, or its answer, is not accepted.
             */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description REQUEST_TIMEOUT: The request did not arrive in time; the connection ends, since what follows on it cannot be told apart. */
            408: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description MODEL_GATE_MISSED: The evaluation misses a threshold; `errors` names which.
             *
             *     SECOND_OPERATOR_REQUIRED: The second approval must come from another person.
             *
             *     PROMOTION_CONFLICT: Another proposal for this model is open, or states something else.
             */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description PAYLOAD_TOO_LARGE: The body is larger than this endpoint takes. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description UNSUPPORTED_MEDIA_TYPE: The body is not declared as plain JSON, or declares a content encoding. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SIGN_IN_LOCKED: Too many failed sign-ins from this address. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description HEADERS_TOO_LARGE: More or longer header fields than this service reads. */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description INTERNAL_ERROR: A fault of ours. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SERVICE_UNAVAILABLE: Something this answer depends on cannot be reached: blocked, not guessed. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other refusal; `code` says which. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    post_rollback_v1_admin_models_rollback_post: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RollbackIn"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PromotionOut"];
                };
            };
            /** @description INVALID_REQUEST: The request breaks the schema or the strict JSON rules. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description UNAUTHORIZED: Who calls is unknown or not proven.
             *
             *     ADMIN_TOKEN_REQUIRED: Signed in, and without a live admin token: touch the security key.
             */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description CSRF_TOKEN_REFUSED: A request with a session's cookies and without its CSRF token.
             *
             *     FORBIDDEN: The caller is known and may not do this.
             *
             *     ACTION_CONFIRMATION_REQUIRED: The action needs a confirmation of its own, by the security key.
             *
             *     SECURITY_KEY_REFUSED: The security key, or its answer, is not accepted.
             */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description REQUEST_TIMEOUT: The request did not arrive in time; the connection ends, since what follows on it cannot be told apart. */
            408: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description NO_EARLIER_MODEL: There is no earlier model to roll back to.
             *
             *     SECOND_OPERATOR_REQUIRED: The second approval must come from another person.
             *
             *     PROMOTION_CONFLICT: Another proposal for this model is open, or states something else.
             */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description PAYLOAD_TOO_LARGE: The body is larger than this endpoint takes. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description UNSUPPORTED_MEDIA_TYPE: The body is not declared as plain JSON, or declares a content encoding. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SIGN_IN_LOCKED: Too many failed sign-ins from this address. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description HEADERS_TOO_LARGE: More or longer header fields than this service reads. */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description INTERNAL_ERROR: A fault of ours. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SERVICE_UNAVAILABLE: Something this answer depends on cannot be reached: blocked, not guessed. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other refusal; `code` says which. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    post_unfreeze_v1_admin_models_unfreeze_post: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["UnfreezeIn"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DecisionOut"];
                };
            };
            /** @description INVALID_REQUEST: The request breaks the schema or the strict JSON rules. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description UNAUTHORIZED: Who calls is unknown or not proven.
             *
             *     ADMIN_TOKEN_REQUIRED: Signed in, and without a live admin token: touch the security key.
             */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description CSRF_TOKEN_REFUSED: A request with a session's cookies and without its CSRF token.
             *
             *     FORBIDDEN: The caller is known and may not do this.
             *
             *     ACTION_CONFIRMATION_REQUIRED: The action needs a confirmation of its own, by the security key.
             *
             *     SECURITY_KEY_REFUSED: The security key, or its answer, is not accepted.
             */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description REQUEST_TIMEOUT: The request did not arrive in time; the connection ends, since what follows on it cannot be told apart. */
            408: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description SECOND_OPERATOR_REQUIRED: The second approval must come from another person.
             *
             *     PROMOTION_CONFLICT: Another proposal for this model is open, or states something else.
             */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description PAYLOAD_TOO_LARGE: The body is larger than this endpoint takes. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description UNSUPPORTED_MEDIA_TYPE: The body is not declared as plain JSON, or declares a content encoding. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SIGN_IN_LOCKED: Too many failed sign-ins from this address. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description HEADERS_TOO_LARGE: More or longer header fields than this service reads. */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description INTERNAL_ERROR: A fault of ours. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SERVICE_UNAVAILABLE: Something this answer depends on cannot be reached: blocked, not guessed. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other refusal; `code` says which. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_operators_v1_admin_operators_get: {
        parameters: {
            query?: {
                cursor?: string | null;
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["KeysOut"];
                };
            };
            /** @description INVALID_REQUEST: The request breaks the schema or the strict JSON rules. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description UNAUTHORIZED: Who calls is unknown or not proven.
             *
             *     ADMIN_TOKEN_REQUIRED: Signed in, and without a live admin token: touch the security key.
             */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description CSRF_TOKEN_REFUSED: A request with a session's cookies and without its CSRF token.
             *
             *     FORBIDDEN: The caller is known and may not do this.
             *
             *     ACTION_CONFIRMATION_REQUIRED: The action needs a confirmation of its own, by the security key.
             *
             *     SECURITY_KEY_REFUSED: The security key, or its answer, is not accepted.
             */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SIGN_IN_LOCKED: Too many failed sign-ins from this address. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description HEADERS_TOO_LARGE: More or longer header fields than this service reads. */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description INTERNAL_ERROR: A fault of ours. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SERVICE_UNAVAILABLE: Something this answer depends on cannot be reached: blocked, not guessed. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other refusal; `code` says which. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    post_key_invitation_v1_admin_operators__operator_id__key_invitations_post: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                operator_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["InvitedOut"];
                };
            };
            /** @description INVALID_REQUEST: The request breaks the schema or the strict JSON rules. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description UNAUTHORIZED: Who calls is unknown or not proven.
             *
             *     ADMIN_TOKEN_REQUIRED: Signed in, and without a live admin token: touch the security key.
             */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description CSRF_TOKEN_REFUSED: A request with a session's cookies and without its CSRF token.
             *
             *     FORBIDDEN: The caller is known and may not do this.
             *
             *     ACTION_CONFIRMATION_REQUIRED: The action needs a confirmation of its own, by the security key.
             *
             *     SECURITY_KEY_REFUSED: The security key, or its answer, is not accepted.
             */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description SECOND_OPERATOR_REQUIRED: The second approval must come from another person.
             *
             *     APPROVAL_CONFLICT: Another request about the same is open, or this one was changed or has ended since it was shown.
             */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SIGN_IN_LOCKED: Too many failed sign-ins from this address. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description HEADERS_TOO_LARGE: More or longer header fields than this service reads. */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description INTERNAL_ERROR: A fault of ours. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SERVICE_UNAVAILABLE: Something this answer depends on cannot be reached: blocked, not guessed. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other refusal; `code` says which. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    post_key_revoke_v1_admin_operators__operator_id__keys__key_id__revoke_post: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                operator_id: string;
                key_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description INVALID_REQUEST: The request breaks the schema or the strict JSON rules. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description UNAUTHORIZED: Who calls is unknown or not proven.
             *
             *     ADMIN_TOKEN_REQUIRED: Signed in, and without a live admin token: touch the security key.
             */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description CSRF_TOKEN_REFUSED: A request with a session's cookies and without its CSRF token.
             *
             *     FORBIDDEN: The caller is known and may not do this.
             *
             *     ACTION_CONFIRMATION_REQUIRED: The action needs a confirmation of its own, by the security key.
             *
             *     SECURITY_KEY_REFUSED: The security key, or its answer, is not accepted.
             */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description NOT_FOUND: There is no such thing, or none that the caller may know of. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SIGN_IN_LOCKED: Too many failed sign-ins from this address. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description HEADERS_TOO_LARGE: More or longer header fields than this service reads. */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description INTERNAL_ERROR: A fault of ours. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SERVICE_UNAVAILABLE: Something this answer depends on cannot be reached: blocked, not guessed. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other refusal; `code` says which. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    post_sessions_end_v1_admin_operators__operator_id__sessions_end_post: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                operator_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["altscore_admin__security_keys__schemas__SessionsEndedOut"];
                };
            };
            /** @description INVALID_REQUEST: The request breaks the schema or the strict JSON rules. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description UNAUTHORIZED: Who calls is unknown or not proven.
             *
             *     ADMIN_TOKEN_REQUIRED: Signed in, and without a live admin token: touch the security key.
             */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description CSRF_TOKEN_REFUSED: A request with a session's cookies and without its CSRF token.
             *
             *     FORBIDDEN: The caller is known and may not do this.
             *
             *     ACTION_CONFIRMATION_REQUIRED: The action needs a confirmation of its own, by the security key.
             *
             *     SECURITY_KEY_REFUSED: The security key, or its answer, is not accepted.
             */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SIGN_IN_LOCKED: Too many failed sign-ins from this address. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description HEADERS_TOO_LARGE: More or longer header fields than this service reads. */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description INTERNAL_ERROR: A fault of ours. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SERVICE_UNAVAILABLE: Something this answer depends on cannot be reached: blocked, not guessed. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other refusal; `code` says which. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_overview_v1_admin_overview_get: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OverviewOut"];
                };
            };
            /**
             * @description UNAUTHORIZED: Who calls is unknown or not proven.
             *
             *     ADMIN_TOKEN_REQUIRED: Signed in, and without a live admin token: touch the security key.
             */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description CSRF_TOKEN_REFUSED: A request with a session's cookies and without its CSRF token.
             *
             *     FORBIDDEN: The caller is known and may not do this.
             *
             *     ACTION_CONFIRMATION_REQUIRED: The action needs a confirmation of its own, by the security key.
             *
             *     SECURITY_KEY_REFUSED: The security key, or its answer, is not accepted.
             */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SIGN_IN_LOCKED: Too many failed sign-ins from this address. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description HEADERS_TOO_LARGE: More or longer header fields than this service reads. */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description INTERNAL_ERROR: A fault of ours. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SERVICE_UNAVAILABLE: Something this answer depends on cannot be reached: blocked, not guessed. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other refusal; `code` says which. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_parked_overview_v1_admin_parked_events_get: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ParkedOverviewOut"];
                };
            };
            /** @description INVALID_REQUEST: The request breaks the schema or the strict JSON rules. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description UNAUTHORIZED: Who calls is unknown or not proven.
             *
             *     ADMIN_TOKEN_REQUIRED: Signed in, and without a live admin token: touch the security key.
             */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description CSRF_TOKEN_REFUSED: A request with a session's cookies and without its CSRF token.
             *
             *     FORBIDDEN: The caller is known and may not do this.
             *
             *     ACTION_CONFIRMATION_REQUIRED: The action needs a confirmation of its own, by the security key.
             *
             *     SECURITY_KEY_REFUSED: The security key, or its answer, is not accepted.
             */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description NOT_FOUND: There is no such thing, or none that the caller may know of. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description OWNER_REFUSED: The service that owns this refused; detail names its code. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SIGN_IN_LOCKED: Too many failed sign-ins from this address. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description HEADERS_TOO_LARGE: More or longer header fields than this service reads. */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description INTERNAL_ERROR: A fault of ours. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description SERVICE_UNAVAILABLE: Something this answer depends on cannot be reached: blocked, not guessed.
             *
             *     SERVICE_UNAVAILABLE: Something this answer depends on cannot be reached: blocked, not guessed.
             */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other refusal; `code` says which. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_parked_events_v1_admin_parked_events__service__get: {
        parameters: {
            query?: {
                kind?: "all" | "refused" | "waiting";
                limit?: number;
            };
            header?: never;
            path: {
                service: "admin" | "score" | "consent" | "webhook" | "notification" | "scoring";
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ParkedEventsOut"];
                };
            };
            /** @description INVALID_REQUEST: The request breaks the schema or the strict JSON rules. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description UNAUTHORIZED: Who calls is unknown or not proven.
             *
             *     ADMIN_TOKEN_REQUIRED: Signed in, and without a live admin token: touch the security key.
             */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description CSRF_TOKEN_REFUSED: A request with a session's cookies and without its CSRF token.
             *
             *     FORBIDDEN: The caller is known and may not do this.
             *
             *     ACTION_CONFIRMATION_REQUIRED: The action needs a confirmation of its own, by the security key.
             *
             *     SECURITY_KEY_REFUSED: The security key, or its answer, is not accepted.
             */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description NOT_FOUND: There is no such thing, or none that the caller may know of. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description OWNER_REFUSED: The service that owns this refused; detail names its code. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SIGN_IN_LOCKED: Too many failed sign-ins from this address. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description HEADERS_TOO_LARGE: More or longer header fields than this service reads. */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description INTERNAL_ERROR: A fault of ours. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description SERVICE_UNAVAILABLE: Something this answer depends on cannot be reached: blocked, not guessed.
             *
             *     SERVICE_UNAVAILABLE: Something this answer depends on cannot be reached: blocked, not guessed.
             */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other refusal; `code` says which. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_parked_order_v1_admin_parked_events__service__orders__order_id__get: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                service: "admin" | "score" | "consent" | "webhook" | "notification" | "scoring";
                order_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ParkedOrderState"];
                };
            };
            /** @description INVALID_REQUEST: The request breaks the schema or the strict JSON rules. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description UNAUTHORIZED: Who calls is unknown or not proven.
             *
             *     ADMIN_TOKEN_REQUIRED: Signed in, and without a live admin token: touch the security key.
             */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description CSRF_TOKEN_REFUSED: A request with a session's cookies and without its CSRF token.
             *
             *     FORBIDDEN: The caller is known and may not do this.
             *
             *     ACTION_CONFIRMATION_REQUIRED: The action needs a confirmation of its own, by the security key.
             *
             *     SECURITY_KEY_REFUSED: The security key, or its answer, is not accepted.
             */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description NOT_FOUND: There is no such thing, or none that the caller may know of. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description OWNER_REFUSED: The service that owns this refused; detail names its code. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SIGN_IN_LOCKED: Too many failed sign-ins from this address. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description HEADERS_TOO_LARGE: More or longer header fields than this service reads. */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description INTERNAL_ERROR: A fault of ours. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description SERVICE_UNAVAILABLE: Something this answer depends on cannot be reached: blocked, not guessed.
             *
             *     SERVICE_UNAVAILABLE: Something this answer depends on cannot be reached: blocked, not guessed.
             */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other refusal; `code` says which. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_parked_event_v1_admin_parked_events__service___event__get: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                service: "admin" | "score" | "consent" | "webhook" | "notification" | "scoring";
                event: number;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ParkedEvent"];
                };
            };
            /** @description INVALID_REQUEST: The request breaks the schema or the strict JSON rules. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description UNAUTHORIZED: Who calls is unknown or not proven.
             *
             *     ADMIN_TOKEN_REQUIRED: Signed in, and without a live admin token: touch the security key.
             */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description CSRF_TOKEN_REFUSED: A request with a session's cookies and without its CSRF token.
             *
             *     FORBIDDEN: The caller is known and may not do this.
             *
             *     ACTION_CONFIRMATION_REQUIRED: The action needs a confirmation of its own, by the security key.
             *
             *     SECURITY_KEY_REFUSED: The security key, or its answer, is not accepted.
             */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description NOT_FOUND: There is no such thing, or none that the caller may know of. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description OWNER_REFUSED: The service that owns this refused; detail names its code. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SIGN_IN_LOCKED: Too many failed sign-ins from this address. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description HEADERS_TOO_LARGE: More or longer header fields than this service reads. */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description INTERNAL_ERROR: A fault of ours. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description SERVICE_UNAVAILABLE: Something this answer depends on cannot be reached: blocked, not guessed.
             *
             *     SERVICE_UNAVAILABLE: Something this answer depends on cannot be reached: blocked, not guessed.
             */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other refusal; `code` says which. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    post_dismiss_v1_admin_parked_events__service___event__dismiss_post: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                service: "admin" | "score" | "consent" | "webhook" | "notification" | "scoring";
                event: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["DismissalIn"];
            };
        };
        responses: {
            /** @description Successful Response */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ParkedOrderState"];
                };
            };
            /** @description INVALID_REQUEST: The request breaks the schema or the strict JSON rules. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description UNAUTHORIZED: Who calls is unknown or not proven.
             *
             *     ADMIN_TOKEN_REQUIRED: Signed in, and without a live admin token: touch the security key.
             */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description CSRF_TOKEN_REFUSED: A request with a session's cookies and without its CSRF token.
             *
             *     FORBIDDEN: The caller is known and may not do this.
             *
             *     ACTION_CONFIRMATION_REQUIRED: The action needs a confirmation of its own, by the security key.
             *
             *     SECURITY_KEY_REFUSED: The security key, or its answer, is not accepted.
             */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description NOT_FOUND: There is no such thing, or none that the caller may know of. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description REQUEST_TIMEOUT: The request did not arrive in time; the connection ends, since what follows on it cannot be told apart. */
            408: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description CONFLICT: The request contradicts what already stands. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description PAYLOAD_TOO_LARGE: The body is larger than this endpoint takes. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description UNSUPPORTED_MEDIA_TYPE: The body is not declared as plain JSON, or declares a content encoding. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SIGN_IN_LOCKED: Too many failed sign-ins from this address. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description HEADERS_TOO_LARGE: More or longer header fields than this service reads. */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description INTERNAL_ERROR: A fault of ours. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description SERVICE_UNAVAILABLE: Something this answer depends on cannot be reached: blocked, not guessed.
             *
             *     SERVICE_UNAVAILABLE: Something this answer depends on cannot be reached: blocked, not guessed.
             */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other refusal; `code` says which. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    post_dismissal_request_v1_admin_parked_events__service___event__dismissal_requests_post: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                service: "admin" | "score" | "consent" | "webhook" | "notification" | "scoring";
                event: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["DismissalRequestIn"];
            };
        };
        responses: {
            /** @description Successful Response */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RequestedOut"];
                };
            };
            /** @description INVALID_REQUEST: The request breaks the schema or the strict JSON rules. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description UNAUTHORIZED: Who calls is unknown or not proven.
             *
             *     ADMIN_TOKEN_REQUIRED: Signed in, and without a live admin token: touch the security key.
             */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description CSRF_TOKEN_REFUSED: A request with a session's cookies and without its CSRF token.
             *
             *     FORBIDDEN: The caller is known and may not do this.
             *
             *     ACTION_CONFIRMATION_REQUIRED: The action needs a confirmation of its own, by the security key.
             *
             *     SECURITY_KEY_REFUSED: The security key, or its answer, is not accepted.
             */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description NOT_FOUND: There is no such thing, or none that the caller may know of. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description REQUEST_TIMEOUT: The request did not arrive in time; the connection ends, since what follows on it cannot be told apart. */
            408: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description CONFLICT: The request contradicts what already stands.
             *
             *     APPROVAL_CONFLICT: Another request about the same is open, or this one was changed or has ended since it was shown.
             */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description PAYLOAD_TOO_LARGE: The body is larger than this endpoint takes. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description UNSUPPORTED_MEDIA_TYPE: The body is not declared as plain JSON, or declares a content encoding. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SIGN_IN_LOCKED: Too many failed sign-ins from this address. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description HEADERS_TOO_LARGE: More or longer header fields than this service reads. */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description INTERNAL_ERROR: A fault of ours. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description SERVICE_UNAVAILABLE: Something this answer depends on cannot be reached: blocked, not guessed.
             *
             *     SERVICE_UNAVAILABLE: Something this answer depends on cannot be reached: blocked, not guessed.
             */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other refusal; `code` says which. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    post_dry_run_v1_admin_parked_events__service___event__dry_run_post: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                service: "admin" | "score" | "consent" | "webhook" | "notification" | "scoring";
                event: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["OrderIn"];
            };
        };
        responses: {
            /** @description Successful Response */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ParkedOrderState"];
                };
            };
            /** @description INVALID_REQUEST: The request breaks the schema or the strict JSON rules. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description UNAUTHORIZED: Who calls is unknown or not proven.
             *
             *     ADMIN_TOKEN_REQUIRED: Signed in, and without a live admin token: touch the security key.
             */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description CSRF_TOKEN_REFUSED: A request with a session's cookies and without its CSRF token.
             *
             *     FORBIDDEN: The caller is known and may not do this.
             *
             *     ACTION_CONFIRMATION_REQUIRED: The action needs a confirmation of its own, by the security key.
             *
             *     SECURITY_KEY_REFUSED: The security key, or its answer, is not accepted.
             */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description NOT_FOUND: There is no such thing, or none that the caller may know of. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description REQUEST_TIMEOUT: The request did not arrive in time; the connection ends, since what follows on it cannot be told apart. */
            408: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description CONFLICT: The request contradicts what already stands. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description PAYLOAD_TOO_LARGE: The body is larger than this endpoint takes. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description UNSUPPORTED_MEDIA_TYPE: The body is not declared as plain JSON, or declares a content encoding. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SIGN_IN_LOCKED: Too many failed sign-ins from this address. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description HEADERS_TOO_LARGE: More or longer header fields than this service reads. */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description INTERNAL_ERROR: A fault of ours. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description SERVICE_UNAVAILABLE: Something this answer depends on cannot be reached: blocked, not guessed.
             *
             *     SERVICE_UNAVAILABLE: Something this answer depends on cannot be reached: blocked, not guessed.
             */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other refusal; `code` says which. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    post_replay_v1_admin_parked_events__service___event__replay_post: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                service: "admin" | "score" | "consent" | "webhook" | "notification" | "scoring";
                event: number;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["OrderIn"];
            };
        };
        responses: {
            /** @description Successful Response */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ParkedOrderState"];
                };
            };
            /** @description INVALID_REQUEST: The request breaks the schema or the strict JSON rules. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description UNAUTHORIZED: Who calls is unknown or not proven.
             *
             *     ADMIN_TOKEN_REQUIRED: Signed in, and without a live admin token: touch the security key.
             */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description CSRF_TOKEN_REFUSED: A request with a session's cookies and without its CSRF token.
             *
             *     FORBIDDEN: The caller is known and may not do this.
             *
             *     ACTION_CONFIRMATION_REQUIRED: The action needs a confirmation of its own, by the security key.
             *
             *     SECURITY_KEY_REFUSED: The security key, or its answer, is not accepted.
             */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description NOT_FOUND: There is no such thing, or none that the caller may know of. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description REQUEST_TIMEOUT: The request did not arrive in time; the connection ends, since what follows on it cannot be told apart. */
            408: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description CONFLICT: The request contradicts what already stands. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description PAYLOAD_TOO_LARGE: The body is larger than this endpoint takes. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description UNSUPPORTED_MEDIA_TYPE: The body is not declared as plain JSON, or declares a content encoding. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SIGN_IN_LOCKED: Too many failed sign-ins from this address. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description HEADERS_TOO_LARGE: More or longer header fields than this service reads. */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description INTERNAL_ERROR: A fault of ours. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description SERVICE_UNAVAILABLE: Something this answer depends on cannot be reached: blocked, not guessed.
             *
             *     SERVICE_UNAVAILABLE: Something this answer depends on cannot be reached: blocked, not guessed.
             */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other refusal; `code` says which. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    post_raw_access_v1_admin_raw_access_post: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RawAccessIn"];
            };
        };
        responses: {
            /** @description Successful Response */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RequestedOut"];
                };
            };
            /** @description INVALID_REQUEST: The request breaks the schema or the strict JSON rules. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description UNAUTHORIZED: Who calls is unknown or not proven.
             *
             *     ADMIN_TOKEN_REQUIRED: Signed in, and without a live admin token: touch the security key.
             */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description CSRF_TOKEN_REFUSED: A request with a session's cookies and without its CSRF token.
             *
             *     FORBIDDEN: The caller is known and may not do this.
             *
             *     ACTION_CONFIRMATION_REQUIRED: The action needs a confirmation of its own, by the security key.
             *
             *     SECURITY_KEY_REFUSED: The security key, or its answer, is not accepted.
             */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description NOT_FOUND: There is no such thing, or none that the caller may know of. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description REQUEST_TIMEOUT: The request did not arrive in time; the connection ends, since what follows on it cannot be told apart. */
            408: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description APPROVAL_CONFLICT: Another request about the same is open, or this one was changed or has ended since it was shown. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description PAYLOAD_TOO_LARGE: The body is larger than this endpoint takes. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description UNSUPPORTED_MEDIA_TYPE: The body is not declared as plain JSON, or declares a content encoding. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SIGN_IN_LOCKED: Too many failed sign-ins from this address. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description HEADERS_TOO_LARGE: More or longer header fields than this service reads. */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description INTERNAL_ERROR: A fault of ours. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description SERVICE_UNAVAILABLE: Something this answer depends on cannot be reached: blocked, not guessed.
             *
             *     SERVICE_UNAVAILABLE: Something this answer depends on cannot be reached: blocked, not guessed.
             */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other refusal; `code` says which. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_anomalies_of_retailer_v1_admin_retailers__retailer_id__anomalies_get: {
        parameters: {
            query?: {
                /** @description `next` of the page before. */
                cursor?: string | null;
                limit?: number;
            };
            header?: {
                "x-justification-ticket"?: string | null;
            };
            path: {
                retailer_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AnomaliesOut"];
                };
            };
            /** @description INVALID_REQUEST: The request breaks the schema or the strict JSON rules. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description UNAUTHORIZED: Who calls is unknown or not proven.
             *
             *     ADMIN_TOKEN_REQUIRED: Signed in, and without a live admin token: touch the security key.
             */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description CSRF_TOKEN_REFUSED: A request with a session's cookies and without its CSRF token.
             *
             *     FORBIDDEN: The caller is known and may not do this.
             *
             *     ACTION_CONFIRMATION_REQUIRED: The action needs a confirmation of its own, by the security key.
             *
             *     SECURITY_KEY_REFUSED: The security key, or its answer, is not accepted.
             */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SIGN_IN_LOCKED: Too many failed sign-ins from this address. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description HEADERS_TOO_LARGE: More or longer header fields than this service reads. */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description INTERNAL_ERROR: A fault of ours. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SERVICE_UNAVAILABLE: Something this answer depends on cannot be reached: blocked, not guessed. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other refusal; `code` says which. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_consent_history_v1_admin_retailers__retailer_id__consent_history_get: {
        parameters: {
            query?: never;
            header?: {
                "x-justification-ticket"?: string | null;
            };
            path: {
                retailer_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ConsentHistoryOut"];
                };
            };
            /** @description INVALID_REQUEST: The request breaks the schema or the strict JSON rules. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description UNAUTHORIZED: Who calls is unknown or not proven.
             *
             *     ADMIN_TOKEN_REQUIRED: Signed in, and without a live admin token: touch the security key.
             */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description CSRF_TOKEN_REFUSED: A request with a session's cookies and without its CSRF token.
             *
             *     FORBIDDEN: The caller is known and may not do this.
             *
             *     ACTION_CONFIRMATION_REQUIRED: The action needs a confirmation of its own, by the security key.
             *
             *     SECURITY_KEY_REFUSED: The security key, or its answer, is not accepted.
             */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description NOT_FOUND: There is no such thing, or none that the caller may know of. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description OWNER_REFUSED: The service that owns this refused; detail names its code. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SIGN_IN_LOCKED: Too many failed sign-ins from this address. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description HEADERS_TOO_LARGE: More or longer header fields than this service reads. */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description INTERNAL_ERROR: A fault of ours. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description SERVICE_UNAVAILABLE: Something this answer depends on cannot be reached: blocked, not guessed.
             *
             *     SERVICE_UNAVAILABLE: Something this answer depends on cannot be reached: blocked, not guessed.
             */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other refusal; `code` says which. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    put_erasure_v1_admin_retailers__retailer_id__erasure_put: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                retailer_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["IntakeIn"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RightsOut"];
                };
            };
            /** @description INVALID_REQUEST: The request breaks the schema or the strict JSON rules. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description UNAUTHORIZED: Who calls is unknown or not proven.
             *
             *     ADMIN_TOKEN_REQUIRED: Signed in, and without a live admin token: touch the security key.
             */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description CSRF_TOKEN_REFUSED: A request with a session's cookies and without its CSRF token.
             *
             *     FORBIDDEN: The caller is known and may not do this.
             *
             *     ACTION_CONFIRMATION_REQUIRED: The action needs a confirmation of its own, by the security key.
             *
             *     SECURITY_KEY_REFUSED: The security key, or its answer, is not accepted.
             */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description REQUEST_TIMEOUT: The request did not arrive in time; the connection ends, since what follows on it cannot be told apart. */
            408: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description PAYLOAD_TOO_LARGE: The body is larger than this endpoint takes. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description UNSUPPORTED_MEDIA_TYPE: The body is not declared as plain JSON, or declares a content encoding. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SIGN_IN_LOCKED: Too many failed sign-ins from this address. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description HEADERS_TOO_LARGE: More or longer header fields than this service reads. */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description INTERNAL_ERROR: A fault of ours. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SERVICE_UNAVAILABLE: Something this answer depends on cannot be reached: blocked, not guessed. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other refusal; `code` says which. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_export_v1_admin_retailers__retailer_id__export_get: {
        parameters: {
            query?: never;
            header: {
                "x-justification-ticket": string;
            };
            path: {
                retailer_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ExportOut"];
                };
            };
            /** @description INVALID_REQUEST: The request breaks the schema or the strict JSON rules. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description UNAUTHORIZED: Who calls is unknown or not proven.
             *
             *     ADMIN_TOKEN_REQUIRED: Signed in, and without a live admin token: touch the security key.
             */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description CSRF_TOKEN_REFUSED: A request with a session's cookies and without its CSRF token.
             *
             *     FORBIDDEN: The caller is known and may not do this.
             *
             *     ACTION_CONFIRMATION_REQUIRED: The action needs a confirmation of its own, by the security key.
             *
             *     SECURITY_KEY_REFUSED: The security key, or its answer, is not accepted.
             */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description NO_VERIFIED_REQUEST: Data of a retailer leave on a verified request of access alone. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SIGN_IN_LOCKED: Too many failed sign-ins from this address. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description HEADERS_TOO_LARGE: More or longer header fields than this service reads. */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description INTERNAL_ERROR: A fault of ours. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SERVICE_UNAVAILABLE: A part of the export cannot be read, and a partial one is never given; `errors` names the part. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other refusal; `code` says which. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_identity_v1_admin_retailers__retailer_id__identity_get: {
        parameters: {
            query?: {
                /** @description Under an access to this distributor's retailers. */
                distributor_id?: string | null;
            };
            header?: never;
            path: {
                retailer_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["IdentityOut"];
                };
            };
            /** @description INVALID_REQUEST: The request breaks the schema or the strict JSON rules. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description UNAUTHORIZED: Who calls is unknown or not proven.
             *
             *     ADMIN_TOKEN_REQUIRED: Signed in, and without a live admin token: touch the security key.
             */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description CSRF_TOKEN_REFUSED: A request with a session's cookies and without its CSRF token.
             *
             *     FORBIDDEN: The caller is known and may not do this.
             *
             *     ACTION_CONFIRMATION_REQUIRED: The action needs a confirmation of its own, by the security key.
             *
             *     SECURITY_KEY_REFUSED: The security key, or its answer, is not accepted.
             */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description NOT_FOUND: There is no such thing, or none that the caller may know of. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description OWNER_REFUSED: The service that owns this refused; detail names its code. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SIGN_IN_LOCKED: Too many failed sign-ins from this address. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description HEADERS_TOO_LARGE: More or longer header fields than this service reads. */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description INTERNAL_ERROR: A fault of ours. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description SERVICE_UNAVAILABLE: Something this answer depends on cannot be reached: blocked, not guessed.
             *
             *     SERVICE_UNAVAILABLE: Something this answer depends on cannot be reached: blocked, not guessed.
             */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other refusal; `code` says which. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    post_confirm_phone_v1_admin_retailers__retailer_id__phones_confirm_post: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                retailer_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PhoneConfirmIn"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PhoneConfirmOut"];
                };
            };
            /** @description INVALID_REQUEST: The request breaks the schema or the strict JSON rules. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description UNAUTHORIZED: Who calls is unknown or not proven.
             *
             *     ADMIN_TOKEN_REQUIRED: Signed in, and without a live admin token: touch the security key.
             */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description CSRF_TOKEN_REFUSED: A request with a session's cookies and without its CSRF token.
             *
             *     FORBIDDEN: The caller is known and may not do this.
             *
             *     ACTION_CONFIRMATION_REQUIRED: The action needs a confirmation of its own, by the security key.
             *
             *     SECURITY_KEY_REFUSED: The security key, or its answer, is not accepted.
             */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description NOT_FOUND: There is no such thing, or none that the caller may know of. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description REQUEST_TIMEOUT: The request did not arrive in time; the connection ends, since what follows on it cannot be told apart. */
            408: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description OWNER_REFUSED: The service that owns this refused; detail names its code. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description PAYLOAD_TOO_LARGE: The body is larger than this endpoint takes. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description UNSUPPORTED_MEDIA_TYPE: The body is not declared as plain JSON, or declares a content encoding. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SIGN_IN_LOCKED: Too many failed sign-ins from this address. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description HEADERS_TOO_LARGE: More or longer header fields than this service reads. */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description INTERNAL_ERROR: A fault of ours. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description SERVICE_UNAVAILABLE: Something this answer depends on cannot be reached: blocked, not guessed.
             *
             *     SERVICE_UNAVAILABLE: Something this answer depends on cannot be reached: blocked, not guessed.
             */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other refusal; `code` says which. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_rights_v1_admin_rights_get: {
        parameters: {
            query?: {
                /** @description Without it, all that are open. */
                state?: components["schemas"]["altscore_admin__rights__domain__State"] | null;
                /** @description `next_cursor` of the page before. */
                cursor?: string | null;
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RightsListOut"];
                };
            };
            /** @description INVALID_REQUEST: The request breaks the schema or the strict JSON rules. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description UNAUTHORIZED: Who calls is unknown or not proven.
             *
             *     ADMIN_TOKEN_REQUIRED: Signed in, and without a live admin token: touch the security key.
             */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description CSRF_TOKEN_REFUSED: A request with a session's cookies and without its CSRF token.
             *
             *     FORBIDDEN: The caller is known and may not do this.
             *
             *     ACTION_CONFIRMATION_REQUIRED: The action needs a confirmation of its own, by the security key.
             *
             *     SECURITY_KEY_REFUSED: The security key, or its answer, is not accepted.
             */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SIGN_IN_LOCKED: Too many failed sign-ins from this address. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description HEADERS_TOO_LARGE: More or longer header fields than this service reads. */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description INTERNAL_ERROR: A fault of ours. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SERVICE_UNAVAILABLE: Something this answer depends on cannot be reached: blocked, not guessed. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other refusal; `code` says which. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    post_rights_v1_admin_rights_post: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RightsIn"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RightsOut"];
                };
            };
            /** @description INVALID_REQUEST: The request breaks the schema or the strict JSON rules. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description UNAUTHORIZED: Who calls is unknown or not proven.
             *
             *     ADMIN_TOKEN_REQUIRED: Signed in, and without a live admin token: touch the security key.
             */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description CSRF_TOKEN_REFUSED: A request with a session's cookies and without its CSRF token.
             *
             *     FORBIDDEN: The caller is known and may not do this.
             *
             *     ACTION_CONFIRMATION_REQUIRED: The action needs a confirmation of its own, by the security key.
             *
             *     SECURITY_KEY_REFUSED: The security key, or its answer, is not accepted.
             */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description REQUEST_TIMEOUT: The request did not arrive in time; the connection ends, since what follows on it cannot be told apart. */
            408: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description PAYLOAD_TOO_LARGE: The body is larger than this endpoint takes. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description UNSUPPORTED_MEDIA_TYPE: The body is not declared as plain JSON, or declares a content encoding. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SIGN_IN_LOCKED: Too many failed sign-ins from this address. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description HEADERS_TOO_LARGE: More or longer header fields than this service reads. */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description INTERNAL_ERROR: A fault of ours. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SERVICE_UNAVAILABLE: Something this answer depends on cannot be reached: blocked, not guessed. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other refusal; `code` says which. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_rights_request_v1_admin_rights__request_id__get: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                request_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RightsWhole"];
                };
            };
            /** @description INVALID_REQUEST: The request breaks the schema or the strict JSON rules. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description UNAUTHORIZED: Who calls is unknown or not proven.
             *
             *     ADMIN_TOKEN_REQUIRED: Signed in, and without a live admin token: touch the security key.
             */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description CSRF_TOKEN_REFUSED: A request with a session's cookies and without its CSRF token.
             *
             *     FORBIDDEN: The caller is known and may not do this.
             *
             *     ACTION_CONFIRMATION_REQUIRED: The action needs a confirmation of its own, by the security key.
             *
             *     SECURITY_KEY_REFUSED: The security key, or its answer, is not accepted.
             */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description NOT_FOUND: There is no such thing, or none that the caller may know of. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SIGN_IN_LOCKED: Too many failed sign-ins from this address. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description HEADERS_TOO_LARGE: More or longer header fields than this service reads. */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description INTERNAL_ERROR: A fault of ours. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SERVICE_UNAVAILABLE: Something this answer depends on cannot be reached: blocked, not guessed. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other refusal; `code` says which. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    post_close_v1_admin_rights__request_id__close_post: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                request_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["altscore_admin__rights__schemas__CloseIn"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RightsOut"];
                };
            };
            /** @description INVALID_REQUEST: The request breaks the schema or the strict JSON rules. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description UNAUTHORIZED: Who calls is unknown or not proven.
             *
             *     ADMIN_TOKEN_REQUIRED: Signed in, and without a live admin token: touch the security key.
             */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description CSRF_TOKEN_REFUSED: A request with a session's cookies and without its CSRF token.
             *
             *     FORBIDDEN: The caller is known and may not do this.
             *
             *     ACTION_CONFIRMATION_REQUIRED: The action needs a confirmation of its own, by the security key.
             *
             *     SECURITY_KEY_REFUSED: The security key, or its answer, is not accepted.
             */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description NOT_FOUND: There is no such thing, or none that the caller may know of. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description REQUEST_TIMEOUT: The request did not arrive in time; the connection ends, since what follows on it cannot be told apart. */
            408: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description RIGHTS_STEP_REFUSED: The step does not fit the request's kind or state; `detail` names both. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description PAYLOAD_TOO_LARGE: The body is larger than this endpoint takes. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description UNSUPPORTED_MEDIA_TYPE: The body is not declared as plain JSON, or declares a content encoding. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SIGN_IN_LOCKED: Too many failed sign-ins from this address. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description HEADERS_TOO_LARGE: More or longer header fields than this service reads. */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description INTERNAL_ERROR: A fault of ours. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SERVICE_UNAVAILABLE: Something this answer depends on cannot be reached: blocked, not guessed. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other refusal; `code` says which. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    post_correction_v1_admin_rights__request_id__correction_post: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                request_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CorrectionIn"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RightsOut"];
                };
            };
            /** @description INVALID_REQUEST: The request breaks the schema or the strict JSON rules. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description UNAUTHORIZED: Who calls is unknown or not proven.
             *
             *     ADMIN_TOKEN_REQUIRED: Signed in, and without a live admin token: touch the security key.
             */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description CSRF_TOKEN_REFUSED: A request with a session's cookies and without its CSRF token.
             *
             *     FORBIDDEN: The caller is known and may not do this.
             *
             *     ACTION_CONFIRMATION_REQUIRED: The action needs a confirmation of its own, by the security key.
             *
             *     SECURITY_KEY_REFUSED: The security key, or its answer, is not accepted.
             */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description NOT_FOUND: There is no such thing, or none that the caller may know of. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description REQUEST_TIMEOUT: The request did not arrive in time; the connection ends, since what follows on it cannot be told apart. */
            408: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description RIGHTS_STEP_REFUSED: The step does not fit the request's kind or state; `detail` names both. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description PAYLOAD_TOO_LARGE: The body is larger than this endpoint takes. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description UNSUPPORTED_MEDIA_TYPE: The body is not declared as plain JSON, or declares a content encoding. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SIGN_IN_LOCKED: Too many failed sign-ins from this address. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description HEADERS_TOO_LARGE: More or longer header fields than this service reads. */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description INTERNAL_ERROR: A fault of ours. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SERVICE_UNAVAILABLE: Something this answer depends on cannot be reached: blocked, not guessed. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other refusal; `code` says which. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    post_correction_confirmed_v1_admin_rights__request_id__correction_confirm_post: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                request_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["TicketIn"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RightsOut"];
                };
            };
            /** @description INVALID_REQUEST: The request breaks the schema or the strict JSON rules. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description UNAUTHORIZED: Who calls is unknown or not proven.
             *
             *     ADMIN_TOKEN_REQUIRED: Signed in, and without a live admin token: touch the security key.
             */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description CSRF_TOKEN_REFUSED: A request with a session's cookies and without its CSRF token.
             *
             *     FORBIDDEN: The caller is known and may not do this.
             *
             *     ACTION_CONFIRMATION_REQUIRED: The action needs a confirmation of its own, by the security key.
             *
             *     SECURITY_KEY_REFUSED: The security key, or its answer, is not accepted.
             */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description NOT_FOUND: There is no such thing, or none that the caller may know of. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description REQUEST_TIMEOUT: The request did not arrive in time; the connection ends, since what follows on it cannot be told apart. */
            408: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description RIGHTS_STEP_REFUSED: The step does not fit the request's kind or state; `detail` names both. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description PAYLOAD_TOO_LARGE: The body is larger than this endpoint takes. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description UNSUPPORTED_MEDIA_TYPE: The body is not declared as plain JSON, or declares a content encoding. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SIGN_IN_LOCKED: Too many failed sign-ins from this address. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description HEADERS_TOO_LARGE: More or longer header fields than this service reads. */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description INTERNAL_ERROR: A fault of ours. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SERVICE_UNAVAILABLE: Something this answer depends on cannot be reached: blocked, not guessed. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other refusal; `code` says which. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    post_evidence_v1_admin_rights__request_id__evidence_post: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                request_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["EvidenceIn"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RightsOut"];
                };
            };
            /** @description INVALID_REQUEST: The request breaks the schema or the strict JSON rules. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description UNAUTHORIZED: Who calls is unknown or not proven.
             *
             *     ADMIN_TOKEN_REQUIRED: Signed in, and without a live admin token: touch the security key.
             */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description CSRF_TOKEN_REFUSED: A request with a session's cookies and without its CSRF token.
             *
             *     FORBIDDEN: The caller is known and may not do this.
             *
             *     ACTION_CONFIRMATION_REQUIRED: The action needs a confirmation of its own, by the security key.
             *
             *     SECURITY_KEY_REFUSED: The security key, or its answer, is not accepted.
             */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description NOT_FOUND: There is no such thing, or none that the caller may know of. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description REQUEST_TIMEOUT: The request did not arrive in time; the connection ends, since what follows on it cannot be told apart. */
            408: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description RIGHTS_STEP_REFUSED: The step does not fit the request's kind or state; `detail` names both.
             *
             *     EVIDENCE_REQUIRED: A nominee or a guardian acts by documents alone; the request stays refused until they are attached.
             */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description PAYLOAD_TOO_LARGE: The body is larger than this endpoint takes. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description UNSUPPORTED_MEDIA_TYPE: The body is not declared as plain JSON, or declares a content encoding. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SIGN_IN_LOCKED: Too many failed sign-ins from this address. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description HEADERS_TOO_LARGE: More or longer header fields than this service reads. */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description INTERNAL_ERROR: A fault of ours. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SERVICE_UNAVAILABLE: Something this answer depends on cannot be reached: blocked, not guessed. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other refusal; `code` says which. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    post_nomination_v1_admin_rights__request_id__nomination_post: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                request_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["TicketIn"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RightsOut"];
                };
            };
            /** @description INVALID_REQUEST: The request breaks the schema or the strict JSON rules. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description UNAUTHORIZED: Who calls is unknown or not proven.
             *
             *     ADMIN_TOKEN_REQUIRED: Signed in, and without a live admin token: touch the security key.
             */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description CSRF_TOKEN_REFUSED: A request with a session's cookies and without its CSRF token.
             *
             *     FORBIDDEN: The caller is known and may not do this.
             *
             *     ACTION_CONFIRMATION_REQUIRED: The action needs a confirmation of its own, by the security key.
             *
             *     SECURITY_KEY_REFUSED: The security key, or its answer, is not accepted.
             */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description NOT_FOUND: There is no such thing, or none that the caller may know of. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description REQUEST_TIMEOUT: The request did not arrive in time; the connection ends, since what follows on it cannot be told apart. */
            408: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description RIGHTS_STEP_REFUSED: The step does not fit the request's kind or state; `detail` names both. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description PAYLOAD_TOO_LARGE: The body is larger than this endpoint takes. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description UNSUPPORTED_MEDIA_TYPE: The body is not declared as plain JSON, or declares a content encoding. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SIGN_IN_LOCKED: Too many failed sign-ins from this address. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description HEADERS_TOO_LARGE: More or longer header fields than this service reads. */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description INTERNAL_ERROR: A fault of ours. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SERVICE_UNAVAILABLE: Something this answer depends on cannot be reached: blocked, not guessed. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other refusal; `code` says which. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    post_notice_v1_admin_rights__request_id__notice_post: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                request_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ToldIn"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RightsOut"];
                };
            };
            /** @description INVALID_REQUEST: The request breaks the schema or the strict JSON rules. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description UNAUTHORIZED: Who calls is unknown or not proven.
             *
             *     ADMIN_TOKEN_REQUIRED: Signed in, and without a live admin token: touch the security key.
             */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description CSRF_TOKEN_REFUSED: A request with a session's cookies and without its CSRF token.
             *
             *     FORBIDDEN: The caller is known and may not do this.
             *
             *     ACTION_CONFIRMATION_REQUIRED: The action needs a confirmation of its own, by the security key.
             *
             *     SECURITY_KEY_REFUSED: The security key, or its answer, is not accepted.
             */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description NOT_FOUND: There is no such thing, or none that the caller may know of. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description REQUEST_TIMEOUT: The request did not arrive in time; the connection ends, since what follows on it cannot be told apart. */
            408: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description RIGHTS_STEP_REFUSED: The step does not fit the request's kind or state; `detail` names both. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description PAYLOAD_TOO_LARGE: The body is larger than this endpoint takes. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description UNSUPPORTED_MEDIA_TYPE: The body is not declared as plain JSON, or declares a content encoding. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SIGN_IN_LOCKED: Too many failed sign-ins from this address. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description HEADERS_TOO_LARGE: More or longer header fields than this service reads. */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description INTERNAL_ERROR: A fault of ours. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SERVICE_UNAVAILABLE: Something this answer depends on cannot be reached: blocked, not guessed. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other refusal; `code` says which. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    post_object_v1_admin_rights__request_id__object_post: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                request_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ToldIn"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RightsOut"];
                };
            };
            /** @description INVALID_REQUEST: The request breaks the schema or the strict JSON rules. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description UNAUTHORIZED: Who calls is unknown or not proven.
             *
             *     ADMIN_TOKEN_REQUIRED: Signed in, and without a live admin token: touch the security key.
             */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description CSRF_TOKEN_REFUSED: A request with a session's cookies and without its CSRF token.
             *
             *     FORBIDDEN: The caller is known and may not do this.
             *
             *     ACTION_CONFIRMATION_REQUIRED: The action needs a confirmation of its own, by the security key.
             *
             *     SECURITY_KEY_REFUSED: The security key, or its answer, is not accepted.
             */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description NOT_FOUND: There is no such thing, or none that the caller may know of. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description REQUEST_TIMEOUT: The request did not arrive in time; the connection ends, since what follows on it cannot be told apart. */
            408: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description RIGHTS_STEP_REFUSED: The step does not fit the request's kind or state; `detail` names both. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description PAYLOAD_TOO_LARGE: The body is larger than this endpoint takes. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description UNSUPPORTED_MEDIA_TYPE: The body is not declared as plain JSON, or declares a content encoding. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SIGN_IN_LOCKED: Too many failed sign-ins from this address. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description HEADERS_TOO_LARGE: More or longer header fields than this service reads. */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description INTERNAL_ERROR: A fault of ours. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SERVICE_UNAVAILABLE: Something this answer depends on cannot be reached: blocked, not guessed. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other refusal; `code` says which. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_proof_v1_admin_rights__request_id__proof_get: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                request_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ProofOut"];
                };
            };
            /** @description INVALID_REQUEST: The request breaks the schema or the strict JSON rules. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description UNAUTHORIZED: Who calls is unknown or not proven.
             *
             *     ADMIN_TOKEN_REQUIRED: Signed in, and without a live admin token: touch the security key.
             */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description CSRF_TOKEN_REFUSED: A request with a session's cookies and without its CSRF token.
             *
             *     FORBIDDEN: The caller is known and may not do this.
             *
             *     ACTION_CONFIRMATION_REQUIRED: The action needs a confirmation of its own, by the security key.
             *
             *     SECURITY_KEY_REFUSED: The security key, or its answer, is not accepted.
             */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description NOT_FOUND: There is no such thing, or none that the caller may know of. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SIGN_IN_LOCKED: Too many failed sign-ins from this address. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description HEADERS_TOO_LARGE: More or longer header fields than this service reads. */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description INTERNAL_ERROR: A fault of ours. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SERVICE_UNAVAILABLE: Something this answer depends on cannot be reached: blocked, not guessed. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other refusal; `code` says which. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    post_propose_v1_admin_rights__request_id__propose_erasure_post: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                request_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RequestedOut"];
                };
            };
            /** @description INVALID_REQUEST: The request breaks the schema or the strict JSON rules. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description UNAUTHORIZED: Who calls is unknown or not proven.
             *
             *     ADMIN_TOKEN_REQUIRED: Signed in, and without a live admin token: touch the security key.
             */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description CSRF_TOKEN_REFUSED: A request with a session's cookies and without its CSRF token.
             *
             *     FORBIDDEN: The caller is known and may not do this.
             *
             *     ACTION_CONFIRMATION_REQUIRED: The action needs a confirmation of its own, by the security key.
             *
             *     SECURITY_KEY_REFUSED: The security key, or its answer, is not accepted.
             */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description NOT_FOUND: There is no such thing, or none that the caller may know of. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description RIGHTS_STEP_REFUSED: The step does not fit the request's kind or state; `detail` names both.
             *
             *     NOTICE_RUNNING: The 48 hours after the notice of an erasure are not over.
             *
             *     APPROVAL_CONFLICT: Another request about the same is open, or this one was changed or has ended since it was shown.
             */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SIGN_IN_LOCKED: Too many failed sign-ins from this address. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description HEADERS_TOO_LARGE: More or longer header fields than this service reads. */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description INTERNAL_ERROR: A fault of ours. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SERVICE_UNAVAILABLE: Something this answer depends on cannot be reached: blocked, not guessed. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other refusal; `code` says which. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    post_refuse_v1_admin_rights__request_id__refuse_post: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                request_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RefuseIn"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RightsOut"];
                };
            };
            /** @description INVALID_REQUEST: The request breaks the schema or the strict JSON rules. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description UNAUTHORIZED: Who calls is unknown or not proven.
             *
             *     ADMIN_TOKEN_REQUIRED: Signed in, and without a live admin token: touch the security key.
             */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description CSRF_TOKEN_REFUSED: A request with a session's cookies and without its CSRF token.
             *
             *     FORBIDDEN: The caller is known and may not do this.
             *
             *     ACTION_CONFIRMATION_REQUIRED: The action needs a confirmation of its own, by the security key.
             *
             *     SECURITY_KEY_REFUSED: The security key, or its answer, is not accepted.
             */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description NOT_FOUND: There is no such thing, or none that the caller may know of. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description REQUEST_TIMEOUT: The request did not arrive in time; the connection ends, since what follows on it cannot be told apart. */
            408: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description RIGHTS_STEP_REFUSED: The step does not fit the request's kind or state; `detail` names both. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description PAYLOAD_TOO_LARGE: The body is larger than this endpoint takes. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description UNSUPPORTED_MEDIA_TYPE: The body is not declared as plain JSON, or declares a content encoding. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SIGN_IN_LOCKED: Too many failed sign-ins from this address. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description HEADERS_TOO_LARGE: More or longer header fields than this service reads. */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description INTERNAL_ERROR: A fault of ours. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SERVICE_UNAVAILABLE: Something this answer depends on cannot be reached: blocked, not guessed. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other refusal; `code` says which. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    post_rescoring_v1_admin_rights__request_id__request_rescoring_post: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                request_id: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RightsOut"];
                };
            };
            /** @description INVALID_REQUEST: The request breaks the schema or the strict JSON rules. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description UNAUTHORIZED: Who calls is unknown or not proven.
             *
             *     ADMIN_TOKEN_REQUIRED: Signed in, and without a live admin token: touch the security key.
             */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description CSRF_TOKEN_REFUSED: A request with a session's cookies and without its CSRF token.
             *
             *     FORBIDDEN: The caller is known and may not do this.
             *
             *     ACTION_CONFIRMATION_REQUIRED: The action needs a confirmation of its own, by the security key.
             *
             *     SECURITY_KEY_REFUSED: The security key, or its answer, is not accepted.
             */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description NOT_FOUND: There is no such thing, or none that the caller may know of.
             *
             *     NOT_FOUND: There is no such thing, or none that the caller may know of.
             */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description RIGHTS_STEP_REFUSED: The step does not fit the request's kind or state; `detail` names both.
             *
             *     OWNER_REFUSED: The service that owns this refused; detail names its code.
             */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SIGN_IN_LOCKED: Too many failed sign-ins from this address. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description HEADERS_TOO_LARGE: More or longer header fields than this service reads. */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description INTERNAL_ERROR: A fault of ours. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SERVICE_UNAVAILABLE: Something this answer depends on cannot be reached: blocked, not guessed. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other refusal; `code` says which. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    post_verify_v1_admin_rights__request_id__verify_post: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                request_id: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["VerifyIn"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RightsOut"];
                };
            };
            /** @description INVALID_REQUEST: The request breaks the schema or the strict JSON rules. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description UNAUTHORIZED: Who calls is unknown or not proven.
             *
             *     ADMIN_TOKEN_REQUIRED: Signed in, and without a live admin token: touch the security key.
             */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description CSRF_TOKEN_REFUSED: A request with a session's cookies and without its CSRF token.
             *
             *     FORBIDDEN: The caller is known and may not do this.
             *
             *     ACTION_CONFIRMATION_REQUIRED: The action needs a confirmation of its own, by the security key.
             *
             *     SECURITY_KEY_REFUSED: The security key, or its answer, is not accepted.
             */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description NOT_FOUND: There is no such thing, or none that the caller may know of. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description REQUEST_TIMEOUT: The request did not arrive in time; the connection ends, since what follows on it cannot be told apart. */
            408: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description RIGHTS_STEP_REFUSED: The step does not fit the request's kind or state; `detail` names both. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description PAYLOAD_TOO_LARGE: The body is larger than this endpoint takes. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description UNSUPPORTED_MEDIA_TYPE: The body is not declared as plain JSON, or declares a content encoding. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SIGN_IN_LOCKED: Too many failed sign-ins from this address. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description HEADERS_TOO_LARGE: More or longer header fields than this service reads. */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description INTERNAL_ERROR: A fault of ours. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SERVICE_UNAVAILABLE: Something this answer depends on cannot be reached: blocked, not guessed. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other refusal; `code` says which. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    post_acs_v1_admin_saml_acs_post: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/x-www-form-urlencoded": {
                    RelayState?: string;
                    SAMLResponse: string;
                };
            };
        };
        responses: {
            /** @description Successful Response */
            303: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /**
             * @description SAML_RESPONSE_REFUSED: The identity provider's response is not one that this browser asked for, or does not hold.
             *
             *     INVALID_REQUEST: The request breaks the schema or the strict JSON rules.
             */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description NO_ROLE: The identity provider knows the person, and gives them no role of ours. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description REQUEST_TIMEOUT: The request did not arrive in time; the connection ends, since what follows on it cannot be told apart. */
            408: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SAML_NOT_CONFIGURED: No identity provider is configured here. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description PAYLOAD_TOO_LARGE: The body is larger than this endpoint takes. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description UNSUPPORTED_MEDIA_TYPE: The body is not declared as plain JSON, or declares a content encoding. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description HEADERS_TOO_LARGE: More or longer header fields than this service reads. */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description INTERNAL_ERROR: A fault of ours. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SERVICE_UNAVAILABLE: Something this answer depends on cannot be reached: blocked, not guessed. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other refusal; `code` says which. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_login_v1_admin_saml_login_get: {
        parameters: {
            query?: {
                /** @description A path of ours. */
                next?: string | null;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            302: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description INVALID_REQUEST: The request breaks the schema or the strict JSON rules. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SAML_NOT_CONFIGURED: No identity provider is configured here. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description HEADERS_TOO_LARGE: More or longer header fields than this service reads. */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description INTERNAL_ERROR: A fault of ours. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SERVICE_UNAVAILABLE: Something this answer depends on cannot be reached: blocked, not guessed. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other refusal; `code` says which. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_metadata_v1_admin_saml_metadata_get: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/samlmetadata+xml": unknown;
                };
            };
            /** @description SAML_NOT_CONFIGURED: No identity provider is configured here. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description HEADERS_TOO_LARGE: More or longer header fields than this service reads. */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description INTERNAL_ERROR: A fault of ours. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SERVICE_UNAVAILABLE: Something this answer depends on cannot be reached: blocked, not guessed. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other refusal; `code` says which. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    post_security_key_v1_admin_security_keys_post: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["RegistrationIn"];
            };
        };
        responses: {
            /** @description Successful Response */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RegisteredOut"];
                };
            };
            /** @description INVALID_REQUEST: The request breaks the schema or the strict JSON rules. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description UNAUTHORIZED: Who calls is unknown or not proven.
             *
             *     ADMIN_TOKEN_REQUIRED: Signed in, and without a live admin token: touch the security key.
             */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description CSRF_TOKEN_REFUSED: A request with a session's cookies and without its CSRF token.
             *
             *     SECURITY_KEY_REFUSED: The security key, or its answer, is not accepted.
             */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description REQUEST_TIMEOUT: The request did not arrive in time; the connection ends, since what follows on it cannot be told apart. */
            408: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description PAYLOAD_TOO_LARGE: The body is larger than this endpoint takes. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description UNSUPPORTED_MEDIA_TYPE: The body is not declared as plain JSON, or declares a content encoding. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SIGN_IN_LOCKED: Too many failed sign-ins from this address. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description HEADERS_TOO_LARGE: More or longer header fields than this service reads. */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description INTERNAL_ERROR: A fault of ours. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SERVICE_UNAVAILABLE: Something this answer depends on cannot be reached: blocked, not guessed. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other refusal; `code` says which. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    post_registration_challenge_v1_admin_security_keys_challenge_post: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["CodeIn"];
            };
        };
        responses: {
            /** @description Successful Response */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RegistrationChallengeOut"];
                };
            };
            /** @description INVALID_REQUEST: The request breaks the schema or the strict JSON rules. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description UNAUTHORIZED: Who calls is unknown or not proven.
             *
             *     ADMIN_TOKEN_REQUIRED: Signed in, and without a live admin token: touch the security key.
             */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description CSRF_TOKEN_REFUSED: A request with a session's cookies and without its CSRF token.
             *
             *     NOT_INVITED: Nobody invited this operator with this code.
             *
             *     SECURITY_KEY_REFUSED: The security key, or its answer, is not accepted.
             */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description REQUEST_TIMEOUT: The request did not arrive in time; the connection ends, since what follows on it cannot be told apart. */
            408: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description PAYLOAD_TOO_LARGE: The body is larger than this endpoint takes. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description UNSUPPORTED_MEDIA_TYPE: The body is not declared as plain JSON, or declares a content encoding. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SIGN_IN_LOCKED: Too many failed sign-ins from this address. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description HEADERS_TOO_LARGE: More or longer header fields than this service reads. */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description INTERNAL_ERROR: A fault of ours. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SERVICE_UNAVAILABLE: Something this answer depends on cannot be reached: blocked, not guessed. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other refusal; `code` says which. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_session_v1_admin_session_get: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SessionOut"];
                };
            };
            /**
             * @description UNAUTHORIZED: Who calls is unknown or not proven.
             *
             *     ADMIN_TOKEN_REQUIRED: Signed in, and without a live admin token: touch the security key.
             */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description CSRF_TOKEN_REFUSED: A request with a session's cookies and without its CSRF token. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SIGN_IN_LOCKED: Too many failed sign-ins from this address. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description HEADERS_TOO_LARGE: More or longer header fields than this service reads. */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description INTERNAL_ERROR: A fault of ours. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SERVICE_UNAVAILABLE: Something this answer depends on cannot be reached: blocked, not guessed. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other refusal; `code` says which. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    post_challenge_v1_admin_session_challenge_post: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AssertionChallengeOut"];
                };
            };
            /**
             * @description UNAUTHORIZED: Who calls is unknown or not proven.
             *
             *     ADMIN_TOKEN_REQUIRED: Signed in, and without a live admin token: touch the security key.
             */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SECURITY_KEY_REFUSED: The security key, or its answer, is not accepted. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SIGN_IN_LOCKED: Too many failed sign-ins from this address. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description HEADERS_TOO_LARGE: More or longer header fields than this service reads. */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description INTERNAL_ERROR: A fault of ours. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SERVICE_UNAVAILABLE: Something this answer depends on cannot be reached: blocked, not guessed. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other refusal; `code` says which. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    post_logout_v1_admin_session_logout_post: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["LogOutIn"];
            };
        };
        responses: {
            /** @description Successful Response */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description INVALID_REQUEST: The request breaks the schema or the strict JSON rules. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description UNAUTHORIZED: Who calls is unknown or not proven.
             *
             *     ADMIN_TOKEN_REQUIRED: Signed in, and without a live admin token: touch the security key.
             */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description CSRF_TOKEN_REFUSED: A request with a session's cookies and without its CSRF token. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description REQUEST_TIMEOUT: The request did not arrive in time; the connection ends, since what follows on it cannot be told apart. */
            408: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description PAYLOAD_TOO_LARGE: The body is larger than this endpoint takes. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description UNSUPPORTED_MEDIA_TYPE: The body is not declared as plain JSON, or declares a content encoding. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SIGN_IN_LOCKED: Too many failed sign-ins from this address. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description HEADERS_TOO_LARGE: More or longer header fields than this service reads. */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description INTERNAL_ERROR: A fault of ours. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SERVICE_UNAVAILABLE: Something this answer depends on cannot be reached: blocked, not guessed. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other refusal; `code` says which. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    post_token_v1_admin_session_token_post: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["TouchIn"];
            };
        };
        responses: {
            /** @description Successful Response */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TokenOut"];
                };
            };
            /** @description INVALID_REQUEST: The request breaks the schema or the strict JSON rules. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description UNAUTHORIZED: Who calls is unknown or not proven.
             *
             *     ADMIN_TOKEN_REQUIRED: Signed in, and without a live admin token: touch the security key.
             */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SECURITY_KEY_REFUSED: The security key, or its answer, is not accepted. */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description REQUEST_TIMEOUT: The request did not arrive in time; the connection ends, since what follows on it cannot be told apart. */
            408: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description PAYLOAD_TOO_LARGE: The body is larger than this endpoint takes. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description UNSUPPORTED_MEDIA_TYPE: The body is not declared as plain JSON, or declares a content encoding. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SIGN_IN_LOCKED: Too many failed sign-ins from this address. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description HEADERS_TOO_LARGE: More or longer header fields than this service reads. */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description INTERNAL_ERROR: A fault of ours. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SERVICE_UNAVAILABLE: Something this answer depends on cannot be reached: blocked, not guessed. */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other refusal; `code` says which. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    get_switches_v1_admin_switches_get: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SwitchesOut"];
                };
            };
            /** @description INVALID_REQUEST: The request breaks the schema or the strict JSON rules. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description UNAUTHORIZED: Who calls is unknown or not proven.
             *
             *     ADMIN_TOKEN_REQUIRED: Signed in, and without a live admin token: touch the security key.
             */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description CSRF_TOKEN_REFUSED: A request with a session's cookies and without its CSRF token.
             *
             *     FORBIDDEN: The caller is known and may not do this.
             *
             *     ACTION_CONFIRMATION_REQUIRED: The action needs a confirmation of its own, by the security key.
             *
             *     SECURITY_KEY_REFUSED: The security key, or its answer, is not accepted.
             */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description NOT_FOUND: There is no such thing, or none that the caller may know of. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description OWNER_REFUSED: The service that owns this refused; detail names its code. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SIGN_IN_LOCKED: Too many failed sign-ins from this address. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description HEADERS_TOO_LARGE: More or longer header fields than this service reads. */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description INTERNAL_ERROR: A fault of ours. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description SERVICE_UNAVAILABLE: Something this answer depends on cannot be reached: blocked, not guessed.
             *
             *     SERVICE_UNAVAILABLE: Something this answer depends on cannot be reached: blocked, not guessed.
             */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other refusal; `code` says which. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    post_off_v1_admin_switches__target__off_post: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                target: components["schemas"]["Target"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["altscore_admin__switches__schemas__SwitchIn"];
            };
        };
        responses: {
            /** @description Successful Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["altscore_admin__switches__schemas__SwitchOut"];
                };
            };
            /** @description INVALID_REQUEST: The request breaks the schema or the strict JSON rules. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description UNAUTHORIZED: Who calls is unknown or not proven.
             *
             *     ADMIN_TOKEN_REQUIRED: Signed in, and without a live admin token: touch the security key.
             */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description CSRF_TOKEN_REFUSED: A request with a session's cookies and without its CSRF token.
             *
             *     FORBIDDEN: The caller is known and may not do this.
             *
             *     ACTION_CONFIRMATION_REQUIRED: The action needs a confirmation of its own, by the security key.
             *
             *     SECURITY_KEY_REFUSED: The security key, or its answer, is not accepted.
             */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description NOT_FOUND: There is no such thing, or none that the caller may know of. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description REQUEST_TIMEOUT: The request did not arrive in time; the connection ends, since what follows on it cannot be told apart. */
            408: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description OWNER_REFUSED: The service that owns this refused; detail names its code. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description PAYLOAD_TOO_LARGE: The body is larger than this endpoint takes. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description UNSUPPORTED_MEDIA_TYPE: The body is not declared as plain JSON, or declares a content encoding. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SIGN_IN_LOCKED: Too many failed sign-ins from this address. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description HEADERS_TOO_LARGE: More or longer header fields than this service reads. */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description INTERNAL_ERROR: A fault of ours. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description SERVICE_UNAVAILABLE: Something this answer depends on cannot be reached: blocked, not guessed.
             *
             *     SERVICE_UNAVAILABLE: Something this answer depends on cannot be reached: blocked, not guessed.
             */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other refusal; `code` says which. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    post_on_v1_admin_switches__target__on_post: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                target: components["schemas"]["Target"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["altscore_admin__switches__schemas__SwitchIn"];
            };
        };
        responses: {
            /** @description Successful Response */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["RequestedOut"];
                };
            };
            /** @description INVALID_REQUEST: The request breaks the schema or the strict JSON rules. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description UNAUTHORIZED: Who calls is unknown or not proven.
             *
             *     ADMIN_TOKEN_REQUIRED: Signed in, and without a live admin token: touch the security key.
             */
            401: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description CSRF_TOKEN_REFUSED: A request with a session's cookies and without its CSRF token.
             *
             *     FORBIDDEN: The caller is known and may not do this.
             *
             *     ACTION_CONFIRMATION_REQUIRED: The action needs a confirmation of its own, by the security key.
             *
             *     SECURITY_KEY_REFUSED: The security key, or its answer, is not accepted.
             */
            403: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description NOT_FOUND: There is no such thing, or none that the caller may know of. */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description REQUEST_TIMEOUT: The request did not arrive in time; the connection ends, since what follows on it cannot be told apart. */
            408: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description APPROVAL_CONFLICT: Another request about the same is open, or this one was changed or has ended since it was shown. */
            409: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description PAYLOAD_TOO_LARGE: The body is larger than this endpoint takes. */
            413: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description UNSUPPORTED_MEDIA_TYPE: The body is not declared as plain JSON, or declares a content encoding. */
            415: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description SIGN_IN_LOCKED: Too many failed sign-ins from this address. */
            429: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description HEADERS_TOO_LARGE: More or longer header fields than this service reads. */
            431: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description INTERNAL_ERROR: A fault of ours. */
            500: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description SERVICE_UNAVAILABLE: Something this answer depends on cannot be reached: blocked, not guessed.
             *
             *     SERVICE_UNAVAILABLE: Something this answer depends on cannot be reached: blocked, not guessed.
             */
            503: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /** @description Any other refusal; `code` says which. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
}
