"""What there is at the desk: each address with its method and what it takes. Nothing is reached but by this table."""

from worker.web.desk import (
    account,
    approvals,
    board_page,
    campaign_page,
    enter,
    home,
    letter_page,
    log_page,
    members_page,
    partner_page,
)
from worker.web.desk.doing import CAMPAIGN, PARTNER
from worker.web.desk.registry import ACTS
from worker.web.desk.visit import DeskRoute

TABLE = (
    DeskRoute("GET", "/desk/login", enter.show_login, "nobody"),
    DeskRoute("POST", "/desk/login", enter.ask_for_code, "nobody"),
    DeskRoute("GET", "/desk/code", enter.show_code, "nobody"),
    DeskRoute("POST", "/desk/code", enter.take_code, "nobody"),
    DeskRoute("GET", "/desk/link/{key:key}", enter.show_link, "nobody"),
    DeskRoute("POST", "/desk/link", enter.take_link, "nobody"),
    DeskRoute("GET", "/desk/factor", enter.show_factor, "factor"),
    DeskRoute("POST", "/desk/factor", enter.take_factor, "factor"),
    DeskRoute("POST", "/desk/logout", enter.log_out, "factor", form="/desk"),
    DeskRoute("POST", "/desk/logout-everywhere", enter.log_out_everywhere, "person", form="/desk/account"),
    DeskRoute("GET", "/desk", home.show_home, "person"),
    DeskRoute("GET", "/desk/", lambda visit: visit.go_to("/desk"), "nobody"),
    DeskRoute("GET", "/desk/account", account.show_account, "person"),
    DeskRoute("POST", "/desk/account", account.change_account, "person"),
    DeskRoute("POST", "/desk/account/session", account.end_session, "person", form="/desk/account"),
    DeskRoute("GET", "/desk/account/factor", account.show_new_factor, "person"),
    DeskRoute("POST", "/desk/account/factor", account.confirm_factor, "person"),
    DeskRoute("POST", "/desk/account/factor/begin", account.begin_factor, "person", form="/desk/account"),
    DeskRoute(
        "POST", "/desk/account/factor/end", account.end_factor, "person", is_dangerous=True, form="/desk/account"
    ),
    DeskRoute(
        "POST",
        "/desk/account/recovery",
        account.draw_recovery_codes,
        "person",
        is_dangerous=True,
        form="/desk/account",
    ),
    DeskRoute("GET", CAMPAIGN, campaign_page.show_campaign, "viewer"),
    DeskRoute("GET", f"{CAMPAIGN}/log", log_page.show_log, "viewer"),
    DeskRoute("GET", f"{CAMPAIGN}/members", members_page.show_members, "viewer"),
    DeskRoute("GET", f"{CAMPAIGN}/members/words", members_page.show_words, "editor"),
    DeskRoute("GET", f"{CAMPAIGN}/members/digest", members_page.show_digest, "editor"),
    DeskRoute("GET", PARTNER, partner_page.show_partner, "editor"),
    DeskRoute("GET", letter_page.PAGE, letter_page.show_letter, "viewer"),
    DeskRoute("GET", f"{letter_page.PAGE}/{{file:file}}", letter_page.send_file, "editor"),
    DeskRoute("GET", f"{CAMPAIGN}/export/{{file:file}}", letter_page.send_sheet, "owner"),
    DeskRoute("GET", f"{CAMPAIGN}/partners", board_page.show_board, "editor"),
    DeskRoute("GET", f"{PARTNER}/mails/{{mail:number}}", partner_page.show_mail, "editor"),
    DeskRoute("POST", f"{PARTNER}/notes", partner_page.add_note, "editor", form=PARTNER),
    DeskRoute("POST", f"{PARTNER}/notes/{{note:number}}/done", partner_page.finish_note, "editor", form=PARTNER),
    DeskRoute("POST", f"{PARTNER}/care", partner_page.choose_carer, "editor", form=PARTNER),
    *approvals.ROUTES,
    *(row for act in ACTS for row in act.rows()),
)
